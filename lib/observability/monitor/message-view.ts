import type { DeadLetter, FoundMessage } from '../../backend/index.js';
import type { PayloadCodec } from '../../codec/index.js';
import type { PlainError } from '../../errors/index.js';
import { addressKind, addressName, messageId, subscriberOf } from '../../message/index.js';
import type { MonitoredMessage } from './options.js';

/** How many characters of a payload, and of a stack, are shown. */
const MOST = 16_384;
/** How many bytes of a payload that is no JSON. */
const MOST_BYTES = 512;

/** A payload as text. */
export interface PayloadView {
  readonly text: string;
  /** What the text is: JSON, hexadecimal bytes, or a word about what is not shown. */
  readonly form: 'json' | 'bytes' | 'withheld' | 'none';
  /** Bytes of the payload as it was sent. */
  readonly size: number;
  /** Whether there is more of it. */
  readonly cut: boolean;
}

/** A message as the API tells of it. Times are milliseconds on the backend's clock. */
export interface MessageView {
  readonly id: string;
  readonly state: FoundMessage['state'] | 'dead';
  /** Of a dead letter: what replaying and dropping take. */
  readonly entry?: string;
  readonly name: string;
  readonly kind: 'task' | 'event' | 'request';
  readonly service?: string;
  readonly subscription?: string;
  readonly key?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly attempts: number;
  readonly lost: number;
  readonly consumer?: string;
  readonly enqueuedAt?: number;
  readonly since?: number;
  readonly due?: number;
  readonly diedAt?: number;
  readonly reason?: string;
  readonly error?: PlainError;
  readonly payload: PayloadView;
}

/** Makes what is shown of messages; nothing else may leave the monitor. */
export class MessageViews {
  readonly #codec: PayloadCodec;
  readonly #redact: ((message: MonitoredMessage) => MonitoredMessage) | undefined;
  readonly #onError: (error: unknown) => void;

  constructor(
    codec: PayloadCodec,
    redact: ((message: MonitoredMessage) => MonitoredMessage) | undefined,
    onError: (error: unknown) => void,
  ) {
    this.#codec = codec;
    this.#redact = redact;
    this.#onError = onError;
  }

  ofFound({ state, consumer, since, due, ...message }: FoundMessage): MessageView {
    return { ...this.#view(message), state, ...defined({ consumer, since, due }) };
  }

  ofDead({ entry, reason, consumer, diedAt, ...message }: DeadLetter): MessageView {
    return { ...this.#view(message), state: 'dead', entry, reason, consumer, diedAt };
  }

  #view({
    envelope,
    payload,
    error,
  }: Pick<DeadLetter, 'envelope' | 'payload'> & { error?: PlainError }) {
    const { address, unique, attempts = 0, lost = 0, enqueuedAt, headers = {}, key } = envelope;
    const name = addressName(address);
    const facts = { id: messageId(name, unique), name, kind: addressKind(address) };
    const { data, isRead } = this.#decode(payload);
    const whole = { ...facts, key, headers, data, ...defined({ error }) };
    const shown = this.#redacted(whole);
    return {
      ...facts,
      ...subscriberOf(address),
      attempts,
      lost,
      ...defined({ enqueuedAt, key: shown?.key, error: shown?.error && bounded(shown.error) }),
      headers: shown?.headers ?? {},
      payload: this.#toView(
        payload,
        shown === undefined ? undefined : { data: shown.data, isRead },
      ),
    };
  }

  /** `undefined`: nothing of it may be shown. */
  #redacted(message: MonitoredMessage): MonitoredMessage | undefined {
    if (this.#redact === undefined) return message;
    try {
      return this.#redact(message);
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  #decode(payload: Buffer): { readonly data: unknown; readonly isRead: boolean } {
    if (payload.length === 0) return { data: undefined, isRead: true };
    try {
      return { data: this.#codec.decode(payload), isRead: true };
    } catch {
      // shown as bytes, where that is allowed
      return { data: undefined, isRead: false };
    }
  }

  #toView(
    payload: Buffer,
    shown: { readonly data: unknown; readonly isRead: boolean } | undefined,
  ): PayloadView {
    const size = payload.length;
    if (shown === undefined || (!shown.isRead && this.#redact !== undefined)) {
      return { text: 'withheld', form: 'withheld', size, cut: false };
    }
    if (!shown.isRead) {
      const text = payload.toString('hex', 0, MOST_BYTES).replaceAll(/(..)(?=.)/g, '$1 ');
      return { text, form: 'bytes', size, cut: size > MOST_BYTES };
    }
    const text = toText(shown.data);
    if (text === undefined) return { text: '', form: 'none', size, cut: false };
    return { text: text.slice(0, MOST), form: 'json', size, cut: text.length > MOST };
  }
}

/** JSON where it can be written so: a codec may decode to what JSON has no word for. */
function toText(data: unknown): string | undefined {
  try {
    return JSON.stringify(
      data,
      (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value),
      2,
    );
  } catch (error) {
    return `(cannot be shown: ${error instanceof Error ? error.message : String(error)})`;
  }
}

function bounded({ name, message, code, stack }: PlainError): PlainError {
  return {
    name: name.slice(0, MOST),
    message: message.slice(0, MOST),
    ...defined({ code, stack: stack?.slice(0, MOST) }),
  };
}

/** Without the fields that are undefined. */
type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };
const defined = <T extends object>(fields: T): Defined<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
