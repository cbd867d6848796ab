import { Redis } from 'ioredis';
import { CONCURRENCY, type Contender, type Load } from '../contender.js';

const GROUP = 'workers';
const BLOCK = 1_000;

type Reply =
  readonly (readonly [string, readonly (readonly [string, readonly string[]])[]])[] | null;

/** What somebody writes by hand: no retries, no recovery, no bounds. */
export const plainIoredis: Contender = {
  async openProducer({ app, host, port }) {
    const redis = new Redis({ host, port, enableAutoPipelining: true });
    return {
      send: async (load) => await redis.xadd(app, '*', 'data', JSON.stringify(load)),
      backlog: async () => await redis.xlen(app),
      async close() {
        await redis.quit();
      },
    };
  },

  async openConsumer({ app, host, port }, onLoad) {
    const reader = new Redis({ host, port });
    const acks = new Redis({ host, port });
    // made by the first of several runs
    await acks.xgroup('CREATE', app, GROUP, '0', 'MKSTREAM').catch(() => undefined);
    let open = true;
    const loop = async (): Promise<void> => {
      while (open) {
        const reply = (await reader.xreadgroup(
          'GROUP',
          GROUP,
          'worker',
          'COUNT',
          CONCURRENCY,
          'BLOCK',
          BLOCK,
          'STREAMS',
          app,
          '>',
        )) as Reply;
        const entries = reply?.[0]?.[1] ?? [];
        const ids = entries.map(([id, fields]) => {
          onLoad(JSON.parse(fields[1] as string) as Load);
          return id;
        });
        if (ids.length > 0)
          await Promise.all([acks.xack(app, GROUP, ...ids), acks.xdel(app, ...ids)]);
      }
    };
    const ended = loop();
    return {
      async close() {
        open = false;
        await ended;
        reader.disconnect();
        acks.disconnect();
      },
    };
  },
};
