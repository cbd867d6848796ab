import { expect, it } from 'vitest';
import { doneWith } from '../../../lib/runtime/done-with.js';
import { Handling } from '../../../lib/runtime/handling.js';
import { type DeliveryParts, delivery } from './delivery.js';

const frame = Buffer.from('frame');

const verdict = (parts: DeliveryParts, whole = true, fresh = true): unknown =>
  doneWith(
    new Handling(delivery('r:get', parts), { consumer: 'me', fresh }, () => undefined),
    frame,
    whole,
  );

it('a request ends with its reply, if somebody waits for one', () => {
  expect(verdict({})).toEqual({ type: 'done' });
  const reply = { channel: 'here', frame };
  expect(verdict({ replyTo: 'here', keepReply: 70 })).toEqual({
    type: 'done',
    reply: { ...reply, keep: 70 },
  });
  expect(verdict({ replyTo: 'here' })).toEqual({ type: 'done', reply: { ...reply, ahead: true } });
});

it.each([
  ['is not all of it', false, true],
  ['comes of one that may not be the holder any more', true, false],
])('a reply that %s does not go ahead', (_, whole, fresh) => {
  expect(verdict({ replyTo: 'here' }, whole, fresh)).toMatchObject({ reply: { ahead: false } });
});
