import { describe, expect, it } from 'vitest';
import { ReplyWindow } from '../../../lib/runtime/reply-window.js';
import { ManualClock } from '../../support/manual-clock.js';

const VALUES = 256;
const BACKLOG = 10_000;
const MIB = 1024 * 1024;

function open() {
  const clock = new ManualClock();
  const sent: number[] = [];
  const probes: number[] = [];
  const window = new ReplyWindow({
    clock,
    name: 'list',
    send: (_, sequence) => void sent.push(sequence),
    probe: (count) => void probes.push(count),
  });
  return { clock, window, sent, probes };
}

const push = (window: ReplyWindow, count: number, body = '1') =>
  Array.from({ length: count }, () => window.push(body));

describe('ReplyWindow', () => {
  it('lets values go at once while its caller takes them', () => {
    const { clock, window, sent } = open();
    for (let round = 1; round <= 10; round += 1) {
      expect(push(window, 100)).toEqual(Array.from({ length: 100 }, () => undefined));
      window.taken(100 * round);
    }
    expect([sent.length, window.sent, clock.pending]).toEqual([1_000, 1_000, 0]);
    expect(sent).toEqual([...sent.keys()]);
  });

  it('stops when its caller has not taken what is out, and goes on in order', async () => {
    const { window, sent } = open();
    void push(window, VALUES - 1);
    const full = window.push('1');
    expect(full).toBeInstanceOf(Promise);
    void push(window, 10);
    expect(sent).toHaveLength(VALUES);
    window.taken(4);
    expect(sent).toHaveLength(VALUES + 4);
    window.taken(100);
    await full;
    expect(sent).toEqual([...Array(VALUES + 10).keys()]);
  });

  it('counts bytes as well as values', async () => {
    const { window, sent } = open();
    const half = 'x'.repeat(MIB / 2);
    expect(window.push(half)).toBeUndefined();
    const full = window.push(half);
    void push(window, 2, half);
    expect(sent).toHaveLength(2);
    window.taken(2);
    expect(sent).toHaveLength(4);
    window.taken(3);
    await full;
  });

  it('asks a caller that says nothing, until it says something', () => {
    const { clock, window, probes } = open();
    void push(window, VALUES + 1);
    clock.advance(999);
    expect(probes).toEqual([]);
    clock.advance(1_001);
    expect(probes).toEqual([VALUES, VALUES]);
    window.taken(VALUES);
    clock.advance(5_000);
    expect([probes.length, clock.pending]).toEqual([2, 0]);
  });

  it.each([
    ['values', 'x', BACKLOG],
    ['bytes', 'x'.repeat(MIB), 16],
  ])('refuses what would pile up without bound, by %s', (_, body, most) => {
    const { window } = open();
    while (window.push(body) === undefined);
    void push(window, most, body);
    expect(() => window.push(body)).toThrow(
      expect.objectContaining({
        code: 'OVERLOADED',
        message: `the caller of "list" does not keep up: ${most} values wait for it`,
      }) as Error,
    );
  });

  it('ignores credits that are late, or for what was never sent', () => {
    const { window, sent } = open();
    void push(window, VALUES + 8);
    window.taken(6);
    window.taken(2);
    window.taken(VALUES * 4);
    expect(sent).toHaveLength(VALUES + 6);
  });

  it('says when nothing is put aside, and lets everybody go when it is closed', async () => {
    const { clock, window, sent } = open();
    await window.flushed();
    void push(window, VALUES + 1);
    let isFlushed = false;
    const flushing = window.flushed().then(() => (isFlushed = true));
    await Promise.resolve();
    expect(isFlushed).toBe(false);
    window.taken(1);
    await flushing;
    const room = window.push('1');
    void push(window, 5);
    window.close();
    await room;
    await window.flushed();
    window.taken(VALUES);
    expect([sent.length, clock.pending]).toEqual([VALUES + 1, 0]);
  });
});
