import { setTimeout as pause } from 'node:timers/promises';
import { createBrokerClient } from 'nestjs-broker';
import { down, servicesOf, up } from './compose.js';

// `docker compose --profile fleet up` without Docker, for two seconds
const { APP_NAME = 'fleet', REDIS_ADDR } = process.env;
if (!['redis', 'hybrid'].includes(process.env['BROKER_MODE'] ?? '')) {
  console.log('A fleet meets in Redis: set BROKER_MODE=redis and REDIS_ADDR=host:port.');
} else {
  const services = [...(await servicesOf('fleet'))];
  const others = { APP_NAME, REDIS_ADDR };
  const fleet = await Promise.all(services.map(([name, service]) => up(name, service, others)));
  await pause(2_000);

  const client = createBrokerClient();
  const { consumers } = await client.stats();
  for (const { instanceName, weight, processed } of consumers) {
    console.log(`${instanceName}, weight ${weight}: ${processed} parcels`);
  }
  await client.close();
  await down(fleet);
}
