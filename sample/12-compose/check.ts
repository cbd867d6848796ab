import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { createBrokerClient } from 'nestjs-broker';
import { down, servicesOf, up } from './compose.js';

// what docker-compose.yml starts, as processes with the same files and variables
const { APP_NAME = 'compose', BROKER_MODE, REDIS_ADDR } = process.env;
const others = { APP_NAME, ...(REDIS_ADDR === undefined ? {} : { REDIS_ADDR }) };
const client = createBrokerClient();

async function startAll(profile: string) {
  const services = [...(await servicesOf(profile))];
  const running = await Promise.all(services.map(([name, service]) => up(name, service, others)));
  for (const { name, url } of running) {
    assert.equal((await fetch(`${url}/health`)).status, 200, name);
  }
  return running;
}

if (BROKER_MODE === 'redis') {
  // three instances that share the work 1 : 2 : 1
  const fleet = await startAll('fleet');
  assert.equal(fleet.length, 5);
  const monitor = fleet.find(({ name }) => name === 'monitor');
  const page = await fetch(`${monitor?.url}/monitor`);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<html/);
  const names = ['worker-1', 'worker-2', 'worker-3'];
  const crew = async () => {
    const { consumers } = await client.stats();
    return names.map((name) => consumers.find(({ instanceName }) => instanceName === name));
  };
  assert.deepEqual(
    (await crew()).map((worker) => worker?.weight),
    [1, 2, 1],
  );
  const processed = async () => (await crew()).map((worker) => worker?.processed ?? 0);
  // what was sent before all were there is not shared like this, so it may take a while
  for (let parts = [0, 0, 0]; !(parts[1]! > parts[0]! && parts[1]! > parts[2]!);) {
    const before = await processed();
    do {
      await pause(50);
      parts = (await processed()).map((now, i) => now - before[i]!);
    } while (parts.reduce((sum, part) => sum + part) < 40);
  }
  await down(fleet);
  assert.deepEqual((await client.stats()).consumers, []);
}

// one process in each mode
for (const profile of BROKER_MODE === 'redis' ? ['hybrid'] : ['memory']) {
  const [app, ...more] = await startAll(profile);
  assert.deepEqual(more, []);
  await down([app!]);
}

await client.close();
console.log('12-compose: ok');
