import { type Envelope, checkName, toAddress } from '../message/index.js';
import type { RequestOptions } from './calls.js';
import { checkHeaders } from './payload-encoder.js';

/** How much longer than the caller waits a reply is kept for it, in ms. */
const KEEP = 1_000;

export interface OutgoingRequest {
  readonly unique: string;
  readonly name: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly replyTo: string;
  readonly reliable: boolean;
  /** How long the reply is kept when the request has an id of its sender's, in ms. */
  readonly dedupeWindow: number;
}

type Writable<T> = { -readonly [F in keyof T]: T[F] };

/** What travels beside the payload of a request. @throws InvalidOptionsError, InvalidNameError */
export function toRequestEnvelope(request: OutgoingRequest, options: RequestOptions): Envelope {
  const { unique, name, timeout, replyTo, reliable, dedupeWindow } = request;
  // put together step by step: on the hot path each spread costs
  const envelope: Writable<Envelope> = {
    unique,
    address: toAddress('request', name),
    ttl: timeout,
    replyTo,
  };
  if (reliable) envelope.keepReply = timeout + KEEP;
  if (options.id !== undefined) {
    envelope.keepReply = dedupeWindow;
    envelope.repeatable = true;
  }
  const headers = checkHeaders(options.headers);
  if (headers !== undefined) envelope.headers = headers;
  if (options.target !== undefined) envelope.target = options.target;
  if (options.key !== undefined) envelope.key = checkName('key', options.key);
  return envelope;
}
