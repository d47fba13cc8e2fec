import sys, compare, twin
seed=int(sys.argv[1]); at=int(sys.argv[2]); who=sys.argv[3]
c=compare.Case(seed); a=twin.Answers(c.book,c.company,at)
theirs=c.engine.metrics(at,customer=who).to_dicts()[0]; why={m['metric']:m['reason'] for m in c.engine.missing(at,customer=who).to_dicts()}
for n in sys.argv[4:]: print(c.book.metrics[n], theirs[n], why.get(n), a.metric(who,n), getattr(a.metric(who,n),'reason',''))
for n in c.spec['sources']:
    w=a.watermark(n); print(n, c.spec['sources'][n], w and str(twin.EPOCH+twin.datetime.timedelta(microseconds=w)))
print(str(twin.EPOCH+twin.datetime.timedelta(microseconds=at)))
