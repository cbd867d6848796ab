import type { RequestOptions, TaskToSend } from '../../lib/runtime/index.js';
import { answerCalls, childInput, hangUp, tell } from '../support/child.js';
import { createBroker, type BrokerConfig } from './broker.js';
import { ask } from './ask.js';
import { machineTime } from './work.js';

/**
 * A broker in a process of its own. It starts at once, closes at SIGTERM, and then ends by itself: nothing here ends
 * it, so that whatever the broker leaves open keeps it alive.
 */
const config = childInput<BrokerConfig>();
const say = (what: string, more: object = {}): void =>
  tell({ what, at: machineTime(), pid: process.pid, ...more });
const print = (line: string): void => void process.stderr.write(`${line}\n`);
const log = { log: () => undefined, warn: print, error: print };
const { runtime, workshop } = createBroker(config, tell, log);

async function close(): Promise<void> {
  // twice, as frameworks do
  await Promise.all([runtime.close(), runtime.close()]);
  say('closed');
  hangUp();
}

/** Sends batch after batch until the end of the process. */
async function flood({ size, bytes }: { size: number; bytes: number }): Promise<never> {
  const filling = 'x'.repeat(bytes);
  for (let batch = 0; ; batch += 1) {
    const tasks = Array.from({ length: size }, (_, n) => ({
      name: 'flood',
      data: { batch, n, filling },
    }));
    await runtime.sender.enqueue(tasks);
    say('acked', { n: batch });
  }
}

answerCalls({
  enqueue: async (tasks: readonly TaskToSend[]) => await runtime.sender.enqueue(tasks),
  /** One after the other. */
  enqueueEach: async (tasks: readonly TaskToSend[]) => {
    for (const task of tasks) await runtime.sender.enqueue([task]);
  },
  request: async (name: string, data: unknown, options: RequestOptions) =>
    await ask(runtime.sender, { name, data, options }),
  flood: (options: { size: number; bytes: number }) => void flood(options).catch(print),
  release: (n: number) => workshop.release(n),
  /** Milliseconds of processor time so far. */
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  close: () => void close(),
});
process.on('unhandledRejection', (reason) => say('unhandled', { reason: String(reason) }));
process.on('SIGTERM', () => void close());
say('begun');
runtime.start().then(
  () => say('ready', { consumer: runtime.consumerId }),
  (error: Error) => say('refused', { reason: error.message }),
);
