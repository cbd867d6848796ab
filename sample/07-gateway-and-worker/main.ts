import { setTimeout as pause } from 'node:timers/promises';
import { hasRedis, start, stop } from './processes.js';

if (!hasRedis) {
  console.log('Two processes meet in Redis: set BROKER_MODE=redis and REDIS_ADDR=host:port.');
} else {
  const gateway = await start('gateway.ts');
  const worker = await start('worker.ts');
  console.log(`gateway at ${gateway.says}, worker ${worker.says}`);

  const body = JSON.stringify({ id: `T-${Date.now()}`, seat: 12 });
  const headers = { 'content-type': 'application/json' };
  const bought = await fetch(`${gateway.says}/tickets`, { method: 'POST', headers, body });
  console.log('POST /tickets', bought.status, await bought.json());

  await pause(500);
  const found = await fetch(`${gateway.says}/tickets/${JSON.parse(body).id}`);
  console.log('GET /tickets/:id', found.status, await found.json());
  await Promise.all([stop(gateway), stop(worker)]);
}
