import sys, compare, twin
seed,at,who=int(sys.argv[1]),int(sys.argv[2]),sys.argv[3]
c=compare.Case(seed); a=twin.Answers(c.book,c.company,at)
def t(m): return None if m is None else str(twin.EPOCH+twin.datetime.timedelta(microseconds=m))[:23]
print(seed,t(at),c.spec.get('loss'),'twin',a.loss(who), [t(x) for x in a.starts(who)],'lib',c.engine.scores(at,customer=who).to_dicts()[0]['churned'], c.engine.disagreements(at,customer=who).to_dicts() if 0 else '')
print([x for x in c.engine.disagreements(at).to_dicts() if x['customer']==who])
for k in ('customer','subscription','churn'):
    for r in c.records[k]:
        if r.get('customer',r.get('id'))==who: print('  ',k,{x:(t(b) if x in compare.random_company.TIMES else b) for x,b in r.items() if b is not None and x in('id','kind','valid_from','known_at','at','status','ended_at','since')})
