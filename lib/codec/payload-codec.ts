/**
 * Turns what users send into bytes and back. The default is JSON. A codec is pure: equal values give equal bytes,
 * and `decode(encode(value))` is a value of its own, never an alias of the one that was sent.
 * @publicApi
 */
export interface PayloadCodec {
  /** Text or bytes; `undefined` is encoded like a missing payload. May throw: the sender gets a CODEC error. */
  encode(value: unknown): string | Uint8Array;
  /** May throw: a task goes to the dead letters, a request is answered with a CODEC error. */
  decode(bytes: Buffer): unknown;
}
