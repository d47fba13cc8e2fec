import sys, compare, twin
seed=int(sys.argv[1]); who=sys.argv[2]
c=compare.Case(seed)
def t(m): return None if m is None else str(twin.EPOCH+twin.datetime.timedelta(microseconds=m))[:19]
print('dates',[(d,t(d)) for d in c.dates])
for k in twin.KINDS:
    if len(sys.argv)>3 and k not in sys.argv[3:]: continue
    for r in c.records[k]:
        if r.get('customer',r.get('id'))==who:
            print(k,{a:(t(b) if a in compare.random_company.TIMES else b) for a,b in r.items() if b is not None})
print('marks',[(a,t(b),t(d)) for a,b,d in c.records['marks']]); print(c.spec['sources'])
