import 'reflect-metadata';
import assert from 'node:assert/strict';
import { NestFactory } from '@nestjs/core';
import { BrokerClient } from 'nestjs-broker';
import { AppModule } from './app.module.js';
import { parcelSent } from './parcel-sent.js';
import { TEAM } from './team.guard.js';
import { spans } from './tracing.js';

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
await parcelSent(app.get(BrokerClient));

// both probes say that it works, and what waits for it
for (const path of ['live', 'ready']) {
  const response = await fetch(`${url}/health/${path}`);
  assert.equal(response.status, 200);
  const { details } = (await response.json()) as { details: { broker: object } };
  assert.deepEqual(
    { ...details.broker, sinceBeat: 0 },
    {
      status: 'up',
      state: 'up',
      live: true,
      ready: true,
      link: 'up',
      consuming: true,
      sinceBeat: 0,
      waiting: 0,
    },
  );
}

// every attempt was measured
const metrics = await (await fetch(`${url}/metrics`)).text();
for (const sample of [
  'broker_handling_seconds_count{kind="task",name="parcels.send",outcome="retried"} 1',
  'broker_handling_seconds_count{kind="task",name="parcels.send",outcome="done"} 1',
  'broker_sent_total{kind="request",name="parcels.postage",outcome="sent"} 1',
  'broker_queue_handlers{kind="task",name="parcels.send"} 1',
  'broker_ready 1',
]) {
  assert.ok(metrics.includes(`\n${sample}\n`), sample);
}

// one trace: the task, its two attempts, the request and its handling
const finished = spans.getFinishedSpans();
assert.equal(new Set(finished.map((span) => span.spanContext().traceId)).size, 1);
assert.deepEqual(finished.map(({ name }) => name).toSorted(), [
  'parcels.postage',
  'parcels.postage',
  'process parcels.send',
  'process parcels.send',
  'send parcels.send',
]);

// the monitor asks for a password, and then shows what lies where
assert.equal((await fetch(`${url}/monitor`)).status, 401);
const headers = { authorization: TEAM };
const page = await (await fetch(`${url}/monitor`, { headers })).text();
assert.match(page, /<h1>/);
await app.get(BrokerClient).enqueue('parcels.send', { id: 2, grams: 1 }, { delay: '1h' });
const delayed = await fetch(`${url}/monitor/api/messages?state=delayed`, { headers });
const { messages } = (await delayed.json()) as { messages: { name: string; id: string }[] };
assert.deepEqual(
  messages.map(({ name }) => name),
  ['parcels.send'],
);
const cancelled = await fetch(`${url}/monitor/api/messages/cancel`, {
  method: 'POST',
  headers: { ...headers, 'content-type': 'application/json', 'x-broker-monitor': '1' },
  body: JSON.stringify({ ids: messages.map(({ id }) => id) }),
});
assert.deepEqual(await cancelled.json(), { done: 1 });

await app.close();
console.log('08-observability: ok');
