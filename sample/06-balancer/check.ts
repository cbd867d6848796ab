import 'reflect-metadata';
import assert from 'node:assert/strict';
import { FILMS, run, TASKS, type Run, type Strategy } from './run.js';
import { countsOf } from './table.js';

interface Checked {
  readonly frames: Run;
  /** How many frames eu-1, eu-2 and us-1 have rendered. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Runs a strategy. With each of them every frame is rendered once. */
async function check(strategy: Strategy): Promise<Checked> {
  const frames = await run(strategy);
  const [before, after] = [countsOf(frames, 'before'), countsOf(frames, 'after')];
  for (const [a, b, c] of [before, after] as [number, number, number][]) {
    assert.equal(a + b + c, TASKS, strategy);
  }
  return { frames, before, after };
}

// exact, however slow one of them is
const turns = await check('round_robin');
assert.deepEqual(turns.before, [20, 20, 20]);
assert.deepEqual(turns.after, [30, 30, 0]);
const weighted = await check('weighted');
assert.deepEqual(weighted.before, [30, 20, 10]);
assert.deepEqual(weighted.after, [36, 24, 0]);

// the slow one gets less than in turn
const least = await check('least_conn');
assert.ok(least.before[2]! < 20, least.before.join());
assert.equal(least.after[2], 0);

// whoever is free: nobody is promised a share; who was drained may just have been taking two
const competing = await check('competing');
assert.ok(competing.after[2]! <= 2, competing.after.join());

// one film, one instance; draining one moves its films only
const { frames } = await check('consistent_hash');
const instancesOf = (film: string, half: string): string[] =>
  [...frames].flatMap(([instance, list]) =>
    list.some((frame) => frame.film === film && frame.half === half) ? [instance] : [],
  );
for (const film of FILMS.keys()) {
  const [before, after] = [instancesOf(film, 'before'), instancesOf(film, 'after')];
  assert.equal(after.length, 1, film);
  assert.ok(!after.includes('us-1'), film);
  if (!before.includes('us-1')) assert.deepEqual(after, before, film);
}

// our own: what comes from the EU is never rendered in the US, the rest is while somebody is there
const nearest = await check('nearest');
for (const { film, half } of nearest.frames.get('us-1')!) {
  if (half === 'before') assert.equal(FILMS.get(film), 'us');
}
assert.ok(nearest.before[2]! > 15, nearest.before.join());
assert.ok(nearest.after[2]! <= 2, nearest.after.join());

console.log('06-balancer: ok');
