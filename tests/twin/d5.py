import sys, compare, twin
seed,at,who=int(sys.argv[1]),int(sys.argv[2]),sys.argv[3:]
c=compare.Case(seed)
def t(m): return None if m is None else str(twin.EPOCH+twin.datetime.timedelta(microseconds=m))[:23]
print(seed,t(at),c.spec.get('loss'))
for w in who or c.company.customers:
  print(w)
  for k in ('customer','subscription','churn'):
    for r in c.records[k]:
        if r.get('customer',r.get('id'))==w: print('  ',k,{x:(t(b) if x in compare.random_company.TIMES else b) for x,b in r.items() if b is not None and x in('id','kind','valid_from','known_at','at','status','ended_at','since','amount','usage_based','currency','discount','discount_until')})
