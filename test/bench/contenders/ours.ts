import { RedisBackend } from '../../../lib/backend/redis/index.js';
import { jsonCodec } from '../../../lib/codec/index.js';
import { createRuntime, type Runtime } from '../../../lib/runtime/index.js';
import { CONCURRENCY, type Contender, type Load, type Setup } from '../contender.js';

const NAME = 'work';

const create = ({ app, host, port, mode = 'reliable' }: Setup): Runtime =>
  createRuntime({
    backend: new RedisBackend({ prefix: 'bench', appName: app, redis: { host, port } }),
    codec: jsonCodec,
    log: { log: () => {}, warn: console.error, error: console.error },
    settings: {
      service: 'worker',
      instanceName: 'worker-1',
      maxJobs: CONCURRENCY,
      heartbeatTtl: 30_000,
      grace: 10_000,
      maxPayload: 1_048_576,
      sendTimeout: 5_000,
      overflow: 'reject',
      tasks: {
        attempts: 5,
        backoff: { type: 'exponential', delay: 1_000, max: 60_000, jitter: 0.5 },
        timeout: 0,
        dedupeWindow: 600_000,
        lostLimit: 5,
      },
      rpc: { timeout: 5_000, mode, maxJobs: CONCURRENCY, maxWaiting: 10_000 },
    },
  });

export const ours: Contender = {
  async openProducer(setup) {
    const runtime = create(setup);
    await runtime.connect();
    const { sender } = runtime;
    const send = {
      task: async (data: Load) => await sender.enqueue([{ name: NAME, data }]),
      event: async (data: Load) => await sender.publish(NAME, data),
      request: async (data: Load) =>
        await new Promise((resolve, reject) => {
          let last: unknown;
          sender.request(
            NAME,
            data,
            {},
            {
              next: (value) => (last = value),
              error: reject,
              complete: () => resolve(last),
            },
          );
        }),
    }[setup.kind];
    return {
      send,
      async backlog() {
        const { names, delayed, deadLetters } = await runtime.stats();
        return names.reduce(
          (sum, name) => sum + name.waiting + name.running,
          delayed + deadLetters,
        );
      },
      close: async () => await runtime.close(),
    };
  },

  async openConsumer(setup, onLoad) {
    const runtime = create(setup);
    runtime.handle({
      kind: setup.kind,
      name: NAME,
      invoke: (data: unknown, _context: unknown, next?: (value: unknown) => void) => {
        onLoad(data as Load);
        next?.(data);
      },
    });
    await runtime.start();
    return { close: async () => await runtime.close() };
  },
};
