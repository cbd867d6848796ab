import type { DeadLetter } from '../../lib/backend/index.js';
import { RedisBackend } from '../../lib/backend/redis/index.js';
import { jsonCodec } from '../../lib/codec/index.js';
import { type HandlingContext, createRuntime } from '../../lib/runtime/index.js';
import { Recorder } from '../support/recorder.js';
import { type SettingsOverlay, toSettings } from './broker.js';
import type { FaultApp } from './fault-app.js';
import { machineTime } from './work.js';

export type Handle = (input: unknown, context: HandlingContext) => unknown;

/** Before the second attempt, in ms; twice as long before the third. */
export const DELAY = 100;

/** One handler that fails in its way, one place to work at, and a neighbour that needs the place too. */
export async function withHandler(app: FaultApp, handle: Handle, overlay: SettingsOverlay = {}) {
  const attempts: { attempt: number; at: number; signal: AbortSignal }[] = [];
  const backoff = { type: 'exponential', delay: DELAY, max: 1_000, jitter: 0 } as const;
  const tasks = { attempts: 3, backoff, ...overlay.tasks };
  const settings = toSettings({ maxJobs: 1, grace: 500, ...overlay, tasks });
  const log = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const backend = new RedisBackend({
    prefix: 'test',
    appName: app.name,
    redis: { url: app.server.url },
  });
  const runtime = createRuntime({ backend, settings, codec: jsonCodec, log });
  app.closes(runtime);
  const neighbour = new Recorder<unknown>();
  const invoke: Handle = (input, context) => {
    attempts.push({ attempt: context.attempt, at: machineTime(), signal: context.signal });
    return handle(input, context);
  };
  runtime.handle({ kind: 'task', name: 'fails', invoke });
  runtime.handle({ kind: 'task', name: 'neighbour', invoke: neighbour.record });
  await runtime.start();
  return { runtime, backend, attempts, neighbour };
}

type Scene = Awaited<ReturnType<typeof withHandler>>;

/** Runs one task to its end, with a neighbour behind it; returns what lies among the dead letters. */
export async function runToDeath(
  app: FaultApp,
  { runtime, neighbour }: Scene,
): Promise<DeadLetter[]> {
  await runtime.sender.enqueue([
    { name: 'fails', data: { n: 1 } },
    { name: 'neighbour', data: { n: 2 } },
  ]);
  await neighbour.next();
  await app.counted({ done: 1, dead: 1 });
  return await runtime.deadLetters.list({ count: 10 });
}
