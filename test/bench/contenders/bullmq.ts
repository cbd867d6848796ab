import { Queue, Worker } from 'bullmq';
import { CONCURRENCY, type Contender, type Load } from '../contender.js';

const OPTIONS = { removeOnComplete: true };

/** Every task is added alone, as with the others. */
export const bullmq: Contender = {
  async openProducer({ app, host, port }) {
    const queue = new Queue(app, { connection: { host, port } });
    await queue.waitUntilReady();
    return {
      send: (load) => queue.add('work', load, OPTIONS),
      backlog: () => queue.getJobCountByTypes(),
      close: () => queue.close(),
    };
  },

  async openConsumer({ app, host, port }, onLoad) {
    const worker = new Worker<Load>(app, async ({ data }) => onLoad(data), {
      connection: { host, port, maxRetriesPerRequest: null },
      concurrency: CONCURRENCY,
    });
    worker.on('error', (error) => console.error(error));
    await worker.waitUntilReady();
    return { close: () => worker.close() };
  },
};
