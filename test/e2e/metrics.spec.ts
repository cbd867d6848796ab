import { Controller } from '@nestjs/common';
import { OnEvent, OnRequest, OnTask, UnrecoverableError } from 'nestjs-broker';
import { BrokerMetricsModule, measureBroker } from 'nestjs-broker/metrics';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { brokerOptions, modes, testApp, testClient } from '../support/test-app.js';

@Controller()
class Shop {
  @OnTask('pack')
  pack(): void {}

  @OnTask('lose')
  lose(): void {
    throw new UnrecoverableError('lost');
  }

  @OnEvent('news.*')
  news(): void {}

  @OnRequest('price')
  price(): number {
    return 1;
  }
}

/** The samples of a registry, by their names with labels. */
async function samples(registry: Registry): Promise<Record<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => /^[a-z]/.test(line));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe.each(modes)('metrics, %s', (mode) => {
  it('count what a process sends and handles, and tell what waits in the app', async () => {
    const registry = new Registry();
    const metrics = BrokerMetricsModule.forRoot({ registry, buckets: [0.5, 5], maxNames: 4 });
    const { broker } = await testApp({
      broker: brokerOptions(mode),
      imports: [metrics],
      controllers: [Shop],
    });
    const once = { dedupeId: 'once' };
    await broker.enqueue('pack', 1, once);
    await broker.enqueue('pack', 1, once);
    await broker.enqueue('lose');
    await broker.request('price');
    await broker.enqueue('nobody');
    for (let i = 0; i < 5; i += 1) await broker.publish(`news.${i}`);
    await eventually(async () => {
      expect(await samples(registry)).toMatchObject({
        'broker_handling_seconds_count{kind="task",name="pack",outcome="done"}': 1,
        'broker_handling_seconds_count{kind="task",name="lose",outcome="dead"}': 1,
        'broker_handling_seconds_count{kind="request",name="price",outcome="done"}': 1,
        'broker_handling_seconds_count{kind="event",name="(other)",outcome="done"}': 5,
        'broker_app_messages_total{what="done"}': 2,
      });
    });
    const seen = await samples(registry);
    expect(seen).toMatchObject({
      broker_ready: 1,
      broker_live: 1,
      'broker_sent_total{kind="task",name="pack",outcome="sent"}': 1,
      'broker_sent_total{kind="task",name="pack",outcome="duplicate"}': 1,
      'broker_sent_total{kind="event",name="(other)",outcome="sent"}': 5,
      'broker_wait_seconds_count{kind="task",name="pack"}': 1,
      'broker_wait_seconds_bucket{le="5",kind="request",name="price"}': 1,
      'broker_queue_waiting{kind="task",name="nobody"}': 1,
      'broker_queue_handlers{kind="task",name="pack"}': 1,
      broker_unclaimed: 1,
      broker_delayed: 0,
      broker_gated: 0,
      broker_dead_letters: 1,
      'broker_app_messages_total{what="duplicates"}': 1,
      'broker_app_messages_total{what="dead"}': 1,
      'broker_events_missed{reason="dropped"}': 0,
    });
    expect(Object.keys(seen).filter((name) => name.startsWith('broker_instances{'))).toHaveLength(
      1,
    );
    expect(seen['broker_queue_oldest_seconds{kind="task",name="nobody"}']).toBeGreaterThanOrEqual(
      0,
    );
    expect(seen).not.toHaveProperty([
      'broker_sent_total{kind="event",name="news.0",outcome="sent"}',
    ]);
  });

  it('of a client alone stay readable without a backend, and leave the registry', async () => {
    const registry = new Registry();
    const client = testClient(brokerOptions(mode));
    const end = measureBroker(client, { registry, prefix: 'shop_' });
    await client.publish('news.1');
    expect(await samples(registry)).toMatchObject({ shop_ready: 1, shop_delayed: 0 });
    await client.close();
    const closed = await samples(registry);
    expect(closed).toMatchObject({ shop_ready: 0, shop_live: 0 });
    expect(closed).not.toHaveProperty('shop_delayed');
    end();
    expect(await registry.metrics()).toBe('\n');
  });
});
