// One process of one contender: `node … contender.worker.ts CONTENDER`. Does what its parent asks.
import { inspect } from 'node:util';
import type { Consumer, Producer } from '../contender.js';
import { sendAll } from '../send-all.js';
import { Tally, sharedNow } from '../tally.js';
import { type Answer, type Call, type Calls, type ContenderName, loadContender } from './calls.js';

const MIB = 1024 * 1024;
const contender = await loadContender[process.argv[2] as ContenderName]();

let producer: Producer | undefined;
let consumer: Consumer | undefined;
let tally = new Tally(0, 0);
let cpuAtStart = process.cpuUsage();

const usage = (): { cpu: number; rss: number } => {
  const { user, system } = process.cpuUsage(cpuAtStart);
  return { cpu: (user + system) / 1_000, rss: Math.round(process.memoryUsage.rss() / MIB) };
};

const opened = (): Producer => {
  if (producer === undefined) throw new Error('there is no producer in this process');
  return producer;
};

const calls: Calls = {
  async openProducer(setup) {
    producer = await contender.openProducer(setup);
  },
  async openConsumer(setup) {
    consumer = await contender.openConsumer(setup, (load) => tally.take(load));
  },
  async close() {
    await producer?.close();
    await consumer?.close();
    producer = undefined;
    consumer = undefined;
  },
  async expect({ first, count }) {
    tally = new Tally(first, count);
    cpuAtStart = process.cpuUsage();
  },
  async received(within) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, within)));
    await Promise.race([tally.complete, late]);
    clearTimeout(timer);
    return { ...tally.receipt, ...usage() };
  },
  async send(batch) {
    const sender = opened();
    cpuAtStart = process.cpuUsage();
    const startedAt = sharedNow();
    await sendAll(batch, (load) => sender.send(load));
    return { startedAt, endedAt: sharedNow(), ...usage() };
  },
  async backlog() {
    return (await opened().backlog?.()) ?? 0;
  },
};

process.on('message', ({ id, method, args }: Call) => {
  const run = calls[method] as (...given: unknown[]) => Promise<unknown>;
  run(...args).then(
    (value) => answer({ id, value }),
    (error: unknown) => answer({ id, error: inspect(error) }),
  );
});
// the parent is gone, or has what it wanted
process.on('disconnect', () => process.exit());

function answer(message: Answer): void {
  process.send?.(message);
}
