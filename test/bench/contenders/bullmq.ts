import { Queue, Worker } from 'bullmq';
import { CONCURRENCY, type Contender, type Load } from '../contender.js';

const KEPT_NOTHING = { removeOnComplete: true };

/** Every task is added alone, as with the others. */
export const bullmq: Contender = {
  async openProducer({ app, host, port }) {
    const queue = new Queue(app, { connection: { host, port } });
    await queue.waitUntilReady();
    return {
      send: async (load) => await queue.add('work', load, KEPT_NOTHING),
      async backlog() {
        const counts = await queue.getJobCounts(
          'waiting',
          'active',
          'completed',
          'failed',
          'delayed',
        );
        return Object.values(counts).reduce((sum, n) => sum + n, 0);
      },
      close: async () => await queue.close(),
    };
  },

  async openConsumer({ app, host, port }, onLoad) {
    const worker = new Worker<Load>(app, async ({ data }) => onLoad(data), {
      connection: { host, port, maxRetriesPerRequest: null },
      concurrency: CONCURRENCY,
    });
    worker.on('error', (error) => console.error(error));
    await worker.waitUntilReady();
    return { close: async () => await worker.close() };
  },
};
