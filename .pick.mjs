import('/tmp/wt-faults/test/faults/plan.ts').then(({planOf})=>{
const P=[];for(let s=1;s<=300;s++)P.push(planOf(s));
const cov=(ps)=>{const c=new Set();for(const p of ps){p.incidents.forEach(i=>c.add(i.incident));c.add(p.outage);c.add(p.retryAttempts===45?'patient':'impatient');c.add(p.timeoutSeconds===120?'t':'T');if(p.isDeadly)c.add('deadly');c.add(p.emulation.partialResponse);c.add(p.emulation.deadLetters);c.add(p.emulation.redelivery);for(const [n,m] of p.rates)for(const [k] of m)c.add(n+k)};return c.size};
const r=[];for(let a=0;a<P.length;a++)for(let b=a+1;b<P.length;b++){const ks=[P[a],P[b]].map(p=>p.incidents.length);const c=cov([P[a],P[b]]);const has=(re)=>[P[a],P[b]].some(p=>p.incidents.some(i=>re.test(i.incident)));const d=[P[a],P[b]].some(p=>p.isDeadly&&p.timeoutSeconds<120&&p.incidents.some(i=>/(email|shipping) is cut/.test(i.incident)))&&[P[a],P[b]].some(p=>p.retryAttempts===45&&p.timeoutSeconds==120)&&has(/DynamoDB/)&&has(/broker/)&&has(/replay/)&&has(/beginning/)&&has(/sweeps|republished/);if(d)r.push([c,a+1,b+1,ks.join()])}
r.sort((x,y)=>y[0]-x[0]);console.log(r.slice(0,8));
for(const s of r[0].slice(1,3)){const p=P[s-1];console.log(s,p.orders,p.retryAttempts,p.isDeadly,p.timeoutSeconds,p.outage,JSON.stringify(p.incidents),JSON.stringify(p.emulation))}
})
