"""Trace one trigger case to the first differing tick: per-trigger summary."""
import sys, compare, twin, churn
seed=int(sys.argv[1]); c=compare.Case(seed)
m=twin.Engine(c.book,c.company); e=churn.Engine(c.playbook,c.store)
prev=None
for at in c.ticks():
    before={k:dict(vars(i)) for k,i in m.instances.items()}
    # per trigger counts in twin
    log={}
    orig=twin.Tick.go
    def go(self):
        b=dict(self.run); s0=self.i.state; orig(self)
        d={k:self.run[k]-b[k] for k in b if self.run[k]!=b[k]}
        log[(self.trigger['id'],self.customer)]=(s0,self.i.state,getattr(self,'e','-'),getattr(self,'r','-'),d,{k:v.reason for k,v in getattr(self,'inputs',{}).items()})
    twin.Tick.go=go
    ours=m.advance(at); twin.Tick.go=orig
    t=e.advance(at)._asdict()
    bad={k:(t[k],v) for k,v in ours.items() if t[k]!=v}
    if bad:
        print('tick',at,str(twin.EPOCH+twin.datetime.timedelta(microseconds=at)),'lib,twin',bad)
        for s in e.run_summary().to_dicts():
            mine={k:sum(v[4].get(k,0) for kk,v in log.items() if kk[0]==s['trigger']) for k in ('true','false','unknown','error','fired','resolved','suppressed','data_gaps','reminders')}
            diff={k:(s[k],mine[k]) for k in ('true','false','unknown','error','fired','resolved','suppressed') if s[k]!=mine[k]}
            mark = diff or set(bad)&{'data_gaps','reminders'}
            if mark:
                print(s['trigger'],diff, s.get('missing'))
                spec=next(x for x in c.spec['triggers'] if x['id']==s['trigger'])
                print({k:(twin.text(v) if k in('when','clear_when') else v) for k,v in spec.items()}, c.spec['evaluate'])
                for k,v in log.items():
                    if k[0]==s['trigger'] : print('  ',k[1],v, {a:b for a,b in before.get(k,{}).items() if a in('last','fired_at','unknown_since','armed','was_true','pending','until','gap_said')})
        break
