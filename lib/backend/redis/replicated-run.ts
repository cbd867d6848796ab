import { NotReplicatedError } from '../../errors/index.js';
import type { RedisLink } from './link.js';
import type { Script } from './load-script.js';
import { isUnknownScript, toRedisFailure, withOutcome } from './redis-error.js';

/** What a write waits for. */
export interface Durability {
  /** How many replicas must have it. */
  readonly replicas: number;
  /** How long one try waits for them, in ms. */
  readonly timeout: number;
}

/** The connection on which replicas are waited for. */
export type DurableLink = Durability & { readonly link: RedisLink };

/** Longest wait for a reply beyond that for replicas, in ms; two batches may be on their way, so it is added twice. */
const REPLY_TIMEOUT = 3_000;

type Arguments = readonly (string | Buffer)[];

/**
 * Runs a script and waits until enough replicas have what it wrote.
 * @throws NotReplicatedError when they have not in time; a failure after the script has run has the outcome `unknown`
 */
export async function runReplicated(
  link: RedisLink,
  script: Script,
  args: Arguments,
  durability: Durability,
): Promise<unknown> {
  try {
    return await runAndWait(link, ['EVALSHA', script.sha], args, durability);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return await runAndWait(link, ['EVAL', script.text], args, durability);
  }
}

/**
 * WAIT counts for the writes of its own connection, so both leave in one tick: after a reconnect in between it would
 * wait for nothing, on a server that may never have seen the write.
 */
async function runAndWait(
  link: RedisLink,
  [command, script]: readonly [string, string],
  args: Arguments,
  { replicas, timeout }: Durability,
): Promise<unknown> {
  const patience = REPLY_TIMEOUT + 2 * timeout;
  const [run, wait] = await Promise.allSettled([
    link.call(command, [script, 1, ...args], patience),
    link.call('WAIT', [replicas, timeout], patience),
  ]);
  if (run.status === 'rejected') throw run.reason;
  if (wait.status === 'rejected') throw withOutcome(toRedisFailure(wait.reason).error, 'unknown');
  const confirmed = Number(wait.value);
  if (confirmed < replicas) {
    throw new NotReplicatedError(
      `Redis has taken it, but ${confirmed} of ${replicas} replicas have confirmed it within ${timeout} ms`,
    );
  }
  return run.value;
}
