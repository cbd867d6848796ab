import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Handling } from '../../../lib/runtime/handling.js';
import { delivery } from './delivery.js';

type OnFinish = ConstructorParameters<typeof Handling>[2];

function handlingOf(parts: Parameters<typeof delivery>[1] = {}): {
  readonly handling: Handling;
  readonly onFinish: ReturnType<typeof vi.fn<OnFinish>>;
} {
  const onFinish = vi.fn<OnFinish>();
  return {
    handling: new Handling(
      delivery('t:mail:send', parts),
      { consumer: 'me', fresh: true },
      onFinish,
    ),
    onFinish,
  };
}

describe('Handling', () => {
  it('tells what is known of the message', () => {
    const { handling } = handlingOf({ unique: 'u-1', key: 'k', attempts: 2, headers: { a: 'b' } });
    expect(handling).toMatchObject({
      id: 'mail:send:u-1',
      name: 'mail:send',
      kind: 'task',
      key: 'k',
      attempt: 3,
      headers: { a: 'b' },
      consumerId: 'me',
      deadline: undefined,
    });
  });

  it('counts attempts from 1, and always has headers', () => {
    const { handling } = handlingOf();
    expect([handling.attempt, handling.headers, handling.key]).toEqual([1, {}, undefined]);
  });

  it('has one signal, however often it is asked for', () => {
    const { handling } = handlingOf();
    const { signal } = handling;
    expect(signal.aborted).toBe(false);
    expect(handling.signal).toBe(signal);
    const reason = new Error('stop');
    handling.abort(reason);
    expect([signal.aborted, signal.reason]).toEqual([true, reason]);
  });

  it('makes no signal before it is asked for, then one that is aborted already', () => {
    let made = 0;
    class Counted extends AbortController {
      constructor() {
        super();
        made += 1;
      }
    }
    vi.stubGlobal('AbortController', Counted);
    onTestFinished(() => void vi.unstubAllGlobals());
    const { handling } = handlingOf();
    const reason = new Error('stop');
    handling.abort(reason);
    handling.finish({ type: 'done' });
    expect(made).toBe(0);
    expect([handling.signal.aborted, handling.signal.reason, made]).toEqual([true, reason, 1]);
  });

  it('keeps the first reason', () => {
    const { handling } = handlingOf();
    const first = new Error('first');
    handling.abort(first);
    handling.abort(new Error('second'));
    expect(handling.signal.reason).toBe(first);
  });

  it('ends once, with the first verdict, and stops its timer', () => {
    const { handling, onFinish } = handlingOf();
    const cancel = vi.fn<() => void>();
    handling.timer = { cancel };
    expect(handling.finished).toBe(false);
    handling.finish({ type: 'done' });
    handling.finish({ type: 'release' });
    handling.finish(undefined);
    expect(handling.finished).toBe(true);
    expect(onFinish.mock.calls).toEqual([[handling, { type: 'done' }]]);
    expect(cancel).toHaveBeenCalledTimes(1);
  });
});
