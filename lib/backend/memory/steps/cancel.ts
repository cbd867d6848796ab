import { encodeErrorBody } from '../../../codec/index.js';
import { CancelledError, toPlainError } from '../../../errors/index.js';
import { addressKind, addressName } from '../../../message/index.js';
import type { CancelResult } from '../../index.js';
import { answer } from '../answer.js';
import type { MemoryHub } from '../hub.js';

const CANCELLED = encodeErrorBody(
  toPlainError(new CancelledError('the request was cancelled before it was handled')),
);

/** Takes out a message nobody holds; tells its holder otherwise. */
export function cancel(
  hub: MemoryHub,
  { name, unique }: { readonly name: string; readonly unique: string },
  kind?: 'request',
): CancelResult {
  const message = hub.messages.get(unique);
  const place = message?.place;
  if (message === undefined || place === undefined || addressName(message.address) !== name) {
    return 'unknown';
  }
  const isRequest = addressKind(message.address) === 'request';
  if (kind === 'request' && !isRequest) return 'unknown';
  if (place.holder !== undefined) {
    hub.say({ type: 'cancel', unique, consumer: place.holder });
    return 'signalled';
  }
  place.remove(message);
  if (isRequest) answer(hub, message.envelope, CANCELLED);
  hub.end(message);
  return 'removed';
}
