import type { Load } from './contender.js';
import { toLoad } from './load.js';

export interface Batch {
  readonly first: number;
  readonly count: number;
  /** Sends that wait for their answer at any time. */
  readonly inFlight: number;
}

/** Sends one message after the other, `inFlight` at a time. Rejects with the first failure. */
export async function sendAll(
  { first, count, inFlight }: Batch,
  send: (load: Load) => Promise<unknown>,
): Promise<void> {
  const end = first + count;
  let next = first;
  const line = async (): Promise<void> => {
    while (next < end) await send(toLoad(next++));
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, line));
}
