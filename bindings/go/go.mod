module github.com/libchurn/libchurn/bindings/go

go 1.24
