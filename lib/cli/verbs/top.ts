import { setTimeout as pass } from 'node:timers/promises';
import type { BrokerStats } from '../../runtime/index.js';
import { DURATION_FORM, parseDuration } from '../../config/index.js';
import { EXIT } from '../exit-codes.js';
import { Screen } from '../screen.js';
import { UsageError } from '../cli-errors.js';
import type { Call, Verb } from '../verb.js';
import { frame } from './frame.js';

/** Shortest time between two looks, in ms. */
const LEAST = 100;

function intervalOf(call: Call): number {
  const text = call.text('interval') ?? '1s';
  const interval = parseDuration(text);
  if (interval !== undefined && interval >= LEAST) return interval;
  throw new UsageError(`--interval is "${text}", allowed: ${DURATION_FORM}, ${LEAST}ms or more`);
}

function countOf(call: Call): number {
  const text = call.text('count');
  if (text === undefined) return Infinity;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new UsageError(`--count is "${text}", allowed: a whole number from 1`);
}

export const top: Verb = {
  name: 'top',
  summary: 'a live view: rates, names by load, instances. q ends it',
  words: [0, 0],
  options: {
    interval: { value: '<time>', help: 'between two looks. Default 1s' },
    count: { value: '<n>', help: 'ends after so many looks' },
  },
  looks: true,
  async run(call) {
    const [interval, count] = [intervalOf(call), countOf(call)];
    if (call.output.json) throw new UsageError('"top" is for people: use stats --json');
    const screen = new Screen(call.output.stream, call.stdin);
    try {
      let before: BrokerStats | undefined;
      for (let shown = 1; !screen.left.aborted; shown += 1) {
        const now = await call.client.stats();
        screen.show(frame(now, before));
        before = now;
        if (shown >= count) break;
        // leaving ends the wait
        await pass(interval, undefined, { signal: screen.left }).catch(() => undefined);
      }
    } finally {
      screen.close();
    }
    return screen.interrupted ? EXIT.interrupted : EXIT.ok;
  },
};
