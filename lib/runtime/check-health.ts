import type { Backend, WaitingFor, Clock } from '../backend/index.js';
import { BrokerError } from '../errors/index.js';
import type { Health } from './runtime.js';
import type { Worker } from './worker.js';

/** No look takes longer, in ms: whoever asks has a deadline, too. */
const PATIENCE = 2_000;

export interface HealthParts {
  readonly backend: Backend;
  readonly clock: Clock;
  /** Present once it was started. */
  readonly worker: Worker | undefined;
  /** Whether it was started and has handlers that need a membership. */
  readonly handles: boolean;
  readonly draining: boolean;
  readonly closed: boolean;
}

/** How this instance is, in one call over the connection it works with. Never rejects. */
export async function checkHealth(parts: HealthParts): Promise<Health> {
  const { backend, worker, handles, draining, closed } = parts;
  const reading = worker?.reading ?? true;
  const consuming = !handles || (reading && worker?.fresh === true);
  const sinceBeat = worker?.sinceBeat;
  const facts = {
    live: reading && !closed,
    ready: false,
    link: backend.link,
    consuming,
    ...(worker === undefined || worker.paused.length === 0 ? {} : { paused: worker.paused }),
    ...(worker?.memberPaused === true ? { instancePaused: true } : {}),
    ...(sinceBeat === undefined ? {} : { sinceBeat: Math.round(sinceBeat) }),
  };
  if (draining) return { status: 'draining', ...facts };
  let backlog: WaitingFor | undefined;
  try {
    backlog = await within(parts, look(parts));
  } catch (error) {
    // who answers with a refusal is there
    const answered = error instanceof BrokerError && error.outcome === 'not-sent';
    const link = answered ? backend.link : 'down';
    return { status: 'down', ...facts, link, reason: (error as Error).message };
  }
  const whole = { ...facts, ...backlog };
  if (!reading) return { status: 'down', ...whole, reason: 'a loop that reads messages has ended' };
  if (!consuming) return { status: 'down', ...whole, reason: 'this instance is no member now' };
  return { status: 'up', ...whole, ready: true };
}

async function look({ backend, worker }: HealthParts): Promise<WaitingFor | undefined> {
  const consumer = worker?.consumerId;
  if (consumer !== undefined) return await backend.inspector.backlog(consumer);
  await backend.inspector.ping();
  return undefined;
}

async function within<T>({ clock }: HealthParts, looking: Promise<T>): Promise<T> {
  return await new Promise((resolve, reject: (error: Error) => void) => {
    const late = new Error(`the backend gave no answer within ${PATIENCE} ms`);
    const timer = clock.after(PATIENCE, () => reject(late));
    looking.then(resolve, reject).finally(() => timer.cancel());
  });
}
