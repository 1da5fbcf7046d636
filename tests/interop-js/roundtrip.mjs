// node roundtrip.mjs URL VERSION: publishes and receives at every QoS, retained and will, and prints one line for each.
import mqtt from 'mqtt';

const [url, version] = [process.argv[2], Number(process.argv[3])];
const options = id => ({
  protocolVersion: version,
  protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
  clientId: id,
  reconnectPeriod: 0,
});
const next = client => new Promise(resolve =>
  client.once('message', (topic, payload, packet) => resolve(`${topic} ${payload} qos=${packet.qos} retain=${packet.retain}`)));
const deadline = setTimeout(() => { console.error('timed out'); process.exit(1); }, 20000);

const client = await mqtt.connectAsync(url, options(`js-${version}`));
for (const qos of [0, 1, 2]) {
  const message = next(client);
  await client.subscribeAsync(`js/${version}/${qos}`, { qos });
  await client.publishAsync(`js/${version}/${qos}`, 'hello', { qos });
  console.log(await message);
}

await client.publishAsync(`js/${version}/kept`, 'kept', { qos: 1, retain: true });
const kept = next(client);
await client.subscribeAsync(`js/${version}/kept`, { qos: 1 });
console.log(await kept);

const dead = next(client);
await client.subscribeAsync(`js/${version}/will`, { qos: 1 });
const mortal = await mqtt.connectAsync(url, { ...options(`js-${version}-will`), will: { topic: `js/${version}/will`, payload: 'dead', qos: 1, retain: false } });
mortal.on('error', () => {});
mortal.stream.destroy();
console.log(await dead);

await client.endAsync();
clearTimeout(deadline);
