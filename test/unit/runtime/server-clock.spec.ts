import { beforeEach, describe, expect, it } from 'vitest';
import { ServerClock } from '../../../lib/runtime/server-clock.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('ServerClock', () => {
  let clock: ManualClock;
  let server: ServerClock;
  beforeEach(() => {
    clock = new ManualClock(1_000_000);
    server = new ServerClock(clock);
  });

  it('is the clock of this machine until it knows better', () => {
    clock.advance(5);
    expect(server.now()).toBe(1_000_005);
  });

  it('takes the answer for the middle of the time it took', () => {
    const sent = clock.monotonic();
    clock.advance(100);
    server.measure(7_000, sent);
    expect(server.now()).toBe(7_050);
    clock.advance(10);
    expect(server.now()).toBe(7_060);
  });

  it('does not notice when the clock of this machine is set', () => {
    server.measure(7_000, clock.monotonic());
    clock.jump(3_600_000);
    clock.advance(1);
    expect(server.now()).toBe(7_001);
  });

  it('goes by the last measurement', () => {
    server.measure(7_000, clock.monotonic());
    clock.advance(100);
    server.measure(7_090, clock.monotonic());
    expect(server.now()).toBe(7_090);
  });
});
