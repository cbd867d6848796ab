import { describe, expect, it } from 'vitest';
import { EventLosses } from '../../../lib/runtime/event-losses.js';
import type { RuntimeEvents } from '../../../lib/runtime/index.js';
import { TypedEvents } from '../../../lib/runtime/typed-events.js';
import { ManualClock } from '../../support/manual-clock.js';

function scene() {
  const warnings: string[] = [];
  const gaps: RuntimeEvents['gap'][] = [];
  const clock = new ManualClock();
  const events = new TypedEvents<RuntimeEvents>(() => undefined);
  events.on('gap', (gap) => gaps.push(gap));
  const log = {
    log: () => undefined,
    warn: (line: string) => void warnings.push(line),
    error: () => undefined,
  };
  return { losses: new EventLosses({ clock, log, events }), clock, gaps, warnings };
}

describe('EventLosses', () => {
  it('begins with nothing', () => {
    expect(scene().losses.stats).toEqual({ dropped: 0, gaps: 0 });
  });

  it('counts gaps, tells when the last one ended, and warns of each', () => {
    const { losses, clock, gaps, warnings } = scene();
    losses.gap();
    const first = clock.now();
    clock.advance(500);
    losses.gap();
    expect(losses.stats).toEqual({ dropped: 0, gaps: 2, lastGap: first + 500 });
    expect(gaps).toEqual([{ at: first }, { at: first + 500 }]);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/interrupted/);
  });

  it('counts dropped events, and warns at the first one and at powers of ten', () => {
    const { losses, warnings } = scene();
    for (let dropped = 1; dropped <= 150; dropped += 1) losses.drop(dropped);
    expect(losses.stats).toEqual({ dropped: 150, gaps: 0 });
    expect(warnings.map((line) => /\d+/.exec(line)?.[0])).toEqual(['1', '10', '100']);
  });
});
