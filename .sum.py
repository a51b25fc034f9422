import json,sys,collections
tot=collections.Counter(); n=0; v=0; sec=collections.Counter(); orders=0; secs=0
for f in sys.argv[1:]:
  for l in open(f):
    r=json.loads(l); n+=1; tot.update(r['faults']); sec.update(r['secondMails']); orders+=r['orders']; secs+=r['seconds']
    if r['violations']: v+=1; print('VIOLATED',r['seed'],r['violations'][:6],r['dir'])
print(n,'seeds',v,'failed',orders,'orders',sum(tot.values()),'faults',dict(sec), 'avg s',secs/max(1,n)); print(dict(tot))
