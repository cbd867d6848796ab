import { eventually } from '../support/eventually.js';
import { machineTime } from './work.js';

/** Waits until so many ms have passed: for outages, and for what must not happen meanwhile. */
export async function pass(ms: number): Promise<void> {
  const end = machineTime() + ms;
  await eventually(() => machineTime() >= end, { within: ms + 5_000, every: 20 });
}
