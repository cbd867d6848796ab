import { describe, expect, it } from 'vitest';
import { FRAME, decodeErrorBody, decodeFrames } from '../../../lib/codec/index.js';
import { giveBack } from '../../../lib/runtime/give-back.js';
import { Handling } from '../../../lib/runtime/handling.js';
import { delivery } from './delivery.js';

function handlingOf(...args: Parameters<typeof delivery>): Handling {
  const handling = new Handling(
    delivery(...args),
    { consumer: 'me', fresh: true },
    () => undefined,
  );
  handling.started = true;
  return handling;
}

describe('giveBack', () => {
  it('releases a task, and a request that did not start', () => {
    expect(giveBack(handlingOf('t:a'))).toEqual({ type: 'release' });
    const waiting = handlingOf('r:a', { replyTo: 'here' });
    waiting.started = false;
    expect(giveBack(waiting)).toEqual({ type: 'release' });
  });

  it('answers a request that started: its handler may have done anything', () => {
    const verdict = giveBack(handlingOf('r:a', { unique: 'u', replyTo: 'here', keepReply: 5 }));
    expect(verdict).toMatchObject({ type: 'done', reply: { channel: 'here', keep: 5 } });
    const frame = verdict.type === 'done' ? verdict.reply?.frame : undefined;
    const [reply] = decodeFrames(Buffer.from(frame ?? []));
    expect(reply).toMatchObject({ unique: 'u', kind: FRAME.error });
    expect(decodeErrorBody(reply!.body)).toMatchObject({ code: 'SERVER_LOST' });
  });

  it('answers nobody when nobody asked for an answer, and keeps nothing unasked', () => {
    expect(giveBack(handlingOf('r:a'))).toEqual({ type: 'done' });
    const verdict = giveBack(handlingOf('r:a', { replyTo: 'here' }));
    expect(verdict).toMatchObject({ type: 'done', reply: { channel: 'here' } });
    expect(JSON.stringify(verdict)).not.toContain('keep');
  });
});
