import type { Backend, QueueStats } from '../backend/index.js';
import { InvalidOptionsError } from '../errors/index.js';
import { DURATION_FORM, parseDuration, type Duration } from '../message/index.js';
import { DrainError } from './drain.error.js';
import type { HarnessClock } from './harness-clock.js';
import type { Records } from './records.js';

/** @publicApi */
export interface DrainOptions {
  /** Also what is delayed, and tasks that wait for another attempt: turns the clock to when they are due. Default false. */
  readonly delayed?: boolean;
  /** Real time for which it waits for what runs; begins anew when the clock is turned. Default 4 s, less than the usual limit of a test. */
  readonly timeout?: Duration;
}

export interface DrainParts {
  readonly clock: HarnessClock;
  readonly records: Records;
  /** One backend of each app. */
  readonly backends: () => readonly Backend[];
  readonly settle: () => Promise<void>;
}

const PATIENCE = 4_000;
/** A task that asks to be retried for ever would be waited for as long. */
const MOST_TURNS = 10_000;
/** Real time between two looks while a handler waits for something else, in ms. */
const LOOK = 2;
// a test may put fake timers in their place
const { setTimeout, performance } = globalThis;

/** Resolves when nothing waits and nothing runs. @throws DrainError, InvalidOptionsError */
export async function drain(
  parts: DrainParts,
  { delayed = false, timeout = PATIENCE }: DrainOptions,
): Promise<void> {
  const patience = parseDuration(timeout);
  if (patience === undefined) {
    throw new InvalidOptionsError(`timeout is ${String(timeout)}, allowed: ${DURATION_FORM}`);
  }
  let end = performance.now() + patience;
  for (let turns = 0; ;) {
    await parts.settle();
    const found = await look(parts, delayed);
    if (found.isIdle) {
      if (!(await turn(parts, delayed))) return;
      turns += 1;
      if (turns === MOST_TURNS) {
        throw new DrainError(`there is always more after ${turns} turns of the clock`, found.left);
      }
      end = performance.now() + patience;
      continue;
    }
    if (found.isStuck) throw new DrainError('nobody will handle what is left', found.left);
    if (performance.now() > end) {
      throw new DrainError(`there is work left after ${patience} ms`, found.left);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}

interface Found {
  readonly isIdle: boolean;
  /** Nothing runs, and what waits has no handler. */
  readonly isStuck: boolean;
  readonly left: readonly string[];
}

async function look({ backends, records }: DrainParts, delayed: boolean): Promise<Found> {
  const all = await Promise.all(backends().map((backend) => backend.inspector.stats()));
  const names = all.flatMap((stats) => stats.names);
  const busy = names.filter(({ waiting, running }) => waiting + running > 0);
  const isIdle = busy.length === 0 && records.open.size === 0;
  const isStuck =
    records.open.size === 0 &&
    busy.length > 0 &&
    busy.every(({ running, consumers }) => running + consumers === 0);
  const left = [...busy.map(describe), ...open(records), ...(delayed ? all.flatMap(rest) : [])];
  return { isIdle, isStuck, left };
}

const describe = ({
  kind,
  name,
  waiting,
  running,
  consumers,
}: QueueStats['names'][number]): string =>
  `${kind} "${name}": ${waiting} waiting, ${running} running` +
  (consumers === 0 ? ', no instance handles it (has the app been initialised?)' : '');

function open({ open: records }: Records): string[] {
  return [...records].flatMap((record) => {
    if (record.outcome === 'pending') return `${record.kind} "${record.name}": sent, not answered`;
    return record.kind === 'event' ? `event "${record.name}": its handler runs` : [];
  });
}

const rest = ({ delayed, gated }: QueueStats): string[] => [
  ...(delayed > 0 ? [`${delayed} delayed`] : []),
  ...(gated > 0 ? [`${gated} behind another one of their key`] : []),
];

/** Turns the clock to when the next delayed one is due; `false`: there is none. */
async function turn({ backends, clock }: DrainParts, delayed: boolean): Promise<boolean> {
  if (!delayed) return false;
  const dues = await Promise.all(backends().map(({ queue }) => queue.promote()));
  const waits = dues.flatMap(({ nextDue, now }) => (nextDue === undefined ? [] : nextDue - now));
  if (waits.length === 0) return false;
  await clock.advance(Math.max(0, Math.min(...waits)));
  return true;
}
