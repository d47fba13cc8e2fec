// SPDX-License-Identifier: MIT

//go:build !cgo

package churn

// The package binds a C library. This name is declared nowhere, so that a build without cgo stops
// here with a message that says why.
var _ = libchurn_requires_CGO_ENABLED_1_and_a_C_compiler
