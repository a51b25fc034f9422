import kafkajs from 'kafkajs';
const k=new kafkajs.Kafka({brokers:[process.argv[2]],logLevel:0});const a=k.admin();await a.connect();
console.log(JSON.stringify((await a.describeGroups(['email-service','shipping-service'])).groups.map(g=>({g:g.groupId,state:g.state,m:g.members.map(m=>[m.memberId,m.clientHost])}))));
console.log(JSON.stringify(await a.fetchOffsets({groupId:'email-service',topics:['orders']})));await a.disconnect();
