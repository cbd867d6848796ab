import type { StrategyName } from '../../../lib/balancer/index.js';
import { RedisBackend } from '../../../lib/backend/redis/index.js';
import { jsonCodec } from '../../../lib/codec/index.js';
import { resolveOptions } from '../../../lib/config/index.js';
import { createRuntime, type Runtime } from '../../../lib/runtime/index.js';
import { uniqueName } from '../../support/unique-name.js';
import { type Study, type StudyOptions, verdict } from './study.js';

const COUNT = 1_500;
/** Between two tasks, and how long each takes on an instance; one of them is ten times slower. In ms. */
const EVERY = 4;
const WORK = [5, 5, 5, 50];
const GOAL = 5;

/** How long tasks wait when one instance of four is ten times slower than the others. */
export const slowInstance: Study = {
  name: 'slow-instance',
  async run(options) {
    const inTurn = await meanWait(options, 'round_robin');
    const least = await meanWait(options, 'least_conn');
    const ratio = inTurn / least;
    return [
      '| One instance of four is ten times slower | mean wait, ms |',
      '| --- | ---: |',
      `| round_robin | ${inTurn.toFixed(1)} |`,
      `| least_conn | ${least.toFixed(1)} |`,
      '',
      `- round_robin to least_conn: ${verdict(ratio, GOAL, ratio >= GOAL)}`,
    ].join('\n');
  },
};

async function meanWait(options: StudyOptions, strategy: StrategyName): Promise<number> {
  const appName = uniqueName('slow');
  const count = Math.ceil(COUNT * options.scale);
  let waited = 0;
  let started = 0;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const onStart = (sentAt: number): void => {
    waited += performance.now() - sentAt;
    started += 1;
    if (started === count) finish();
  };
  const open = (): Runtime => openRuntime(options, appName, strategy);
  const crew = WORK.map((ms) => {
    const runtime = open();
    runtime.handle({
      kind: 'task',
      name: 'work',
      async invoke(data) {
        onStart((data as { at: number }).at);
        await new Promise((resolve) => setTimeout(resolve, ms));
      },
    });
    return runtime;
  });
  const sender = open();
  await Promise.all(crew.map(async (runtime) => await runtime.start()));
  await sender.connect();
  const begun = performance.now();
  for (let n = 0; n < count; n += 1) {
    const due = begun + n * EVERY - performance.now();
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    void sender.sender.enqueue([{ name: 'work', data: { at: performance.now() } }]);
  }
  await finished;
  await Promise.all([...crew, sender].map(async (runtime) => await runtime.close()));
  return waited / count;
}

function openRuntime(
  { host, port }: StudyOptions,
  appName: string,
  strategy: StrategyName,
): Runtime {
  const { settings } = resolveOptions({ appName, maxJobs: 1, balancer: { strategy } }, {});
  const log = { log: () => undefined, warn: () => undefined, error: console.error };
  const backend = new RedisBackend({ prefix: 'bench', appName, redis: { host, port } });
  return createRuntime({ backend, settings, codec: jsonCodec, log });
}
