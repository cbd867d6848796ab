import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { hasRedis, start, stop } from './processes.js';

if (hasRedis) {
  const gateway = await start('gateway.ts');
  const url = `${gateway.says}/tickets`;
  const buy = async (id: string): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ id, seat: 12 });
    const response = await fetch(url, { method: 'POST', headers, body });
    assert.equal(response.status, 201);
    return response.json();
  };

  // no worker is there: tasks wait for one, requests are told so
  assert.deepEqual(await buy('T-1'), { accepted: true });
  assert.deepEqual(await buy('T-1'), { accepted: false });
  const nobody = await fetch(`${url}/T-1`);
  assert.equal(nobody.status, 503);
  assert.deepEqual(await nobody.json(), { code: 'NO_HANDLER' });

  // it comes, and does what has waited
  const worker = await start('worker.ts');
  let found = await fetch(`${url}/T-1`);
  for (; found.status === 404; found = await fetch(`${url}/T-1`)) await pause(20);
  assert.deepEqual(await found.json(), { id: 'T-1', seat: 12, by: Number(worker.says) });
  assert.equal((await fetch(`${url}/T-2`)).status, 404);

  // both end when they are told to
  assert.deepEqual(await Promise.all([stop(worker), stop(gateway)]), ['SIGTERM', 'SIGTERM']);
}
console.log('07-gateway-and-worker: ok');
