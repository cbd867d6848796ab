import { Redis } from 'ioredis';
import { CONCURRENCY, type Contender, type Load, type OnLoad } from '../contender.js';

const GROUP = 'workers';
/** Milliseconds a read waits. */
const BLOCK = 500;

type Reply = readonly (readonly [string, readonly (readonly [string, string[]])[]])[] | null;

/** What somebody writes by hand in an hour: no retries, no recovery, no bounds. */
export const plainIoredis: Contender = {
  async openProducer({ app, host, port }) {
    const redis = new Redis({ host, port, enableAutoPipelining: true });
    await redis.ping();
    return {
      send: (load) => redis.xadd(app, '*', 'data', JSON.stringify(load)),
      backlog: () => redis.xlen(app),
      async close() {
        await redis.quit();
      },
    };
  },

  async openConsumer({ app, host, port }, onLoad) {
    const reader = new Redis({ host, port });
    const acks = new Redis({ host, port });
    await createGroup(acks, app);
    let isOpen = true;
    const loop = async (): Promise<void> => {
      while (isOpen) {
        const ids = await read(reader, app, onLoad);
        if (ids.length > 0) {
          await Promise.all([acks.xack(app, GROUP, ...ids), acks.xdel(app, ...ids)]);
        }
      }
    };
    const ended = loop();
    return {
      async close() {
        isOpen = false;
        await ended;
        reader.disconnect();
        acks.disconnect();
      },
    };
  },
};

async function createGroup(redis: Redis, stream: string): Promise<void> {
  try {
    await redis.xgroup('CREATE', stream, GROUP, '0', 'MKSTREAM');
  } catch (error) {
    // made by an earlier run
    if (!String(error).includes('BUSYGROUP')) throw error;
  }
}

async function read(redis: Redis, stream: string, onLoad: OnLoad): Promise<string[]> {
  const group = ['GROUP', GROUP, 'worker'] as const;
  const limits = ['COUNT', CONCURRENCY, 'BLOCK', BLOCK] as const;
  const reply = (await redis.xreadgroup(...group, ...limits, 'STREAMS', stream, '>')) as Reply;
  const entries = reply?.[0]?.[1] ?? [];
  return entries.map(([id, [, data = '']]) => {
    onLoad(JSON.parse(data) as Load);
    return id;
  });
}
