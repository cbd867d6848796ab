import type { PayloadCodec } from '../codec/index.js';
import type { Kind } from '../message/index.js';
import type {
  BrokerObserver,
  HandledMessage,
  HandlingEnd,
  HandlingOutcome,
  SendingEnd,
  SentMessage,
} from '../runtime/index.js';

/** A message that somebody wanted to send. @publicApi */
export interface SentRecord {
  readonly kind: Kind;
  readonly name: string;
  /** The payload as whoever handles it gets it. */
  readonly data: unknown;
  /** `key`, `delay`, `dedupeId`, `headers` and so on; durations in milliseconds. */
  readonly options: SentMessage['options'];
  /** `pending`: nobody knows yet; a request waits for its reply. */
  readonly outcome: 'pending' | SendingEnd['outcome'];
  /** Of a task that was accepted. */
  readonly id?: string;
  /** Why it failed. */
  readonly error?: unknown;
}

/** One call of a handler. @publicApi */
export interface HandledRecord {
  readonly kind: Kind;
  readonly name: string;
  readonly id: string;
  readonly key: string | undefined;
  /** Counts from 1. */
  readonly attempt: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: unknown;
  readonly outcome: 'running' | HandlingOutcome;
  /** Why it is not done. */
  readonly error?: unknown;
}

type Open<R> = { -readonly [K in keyof R]: R[K] };
type End = SendingEnd | HandlingEnd;

/** What was sent and handled, oldest first. */
export class Records {
  #sent: SentRecord[] = [];
  #handled: HandledRecord[] = [];
  readonly #open = new Set<SentRecord | HandledRecord>();

  /** What is on its way: forgotten by nobody. */
  get open(): ReadonlySet<SentRecord | HandledRecord> {
    return this.#open;
  }

  sent(kind: Kind, name?: string): readonly SentRecord[] {
    return this.#sent.filter((record) => record.kind === kind && isOf(record, name));
  }

  handled(name?: string): readonly HandledRecord[] {
    return this.#handled.filter((record) => isOf(record, name));
  }

  clear(): void {
    this.#sent = [];
    this.#handled = [];
  }

  /** Writes down what a broker with that codec sends and handles. */
  observer(codec: PayloadCodec): BrokerObserver {
    return {
      sending: ({ kind, name, data, options }) => {
        const record: Open<SentRecord> = {
          kind,
          name,
          data: copyOf(codec, data),
          options,
          outcome: 'pending',
        };
        this.#sent.push(record);
        return this.#following(record);
      },
      handling: (message) => {
        const record: Open<HandledRecord> = toRecord(codec, message);
        this.#handled.push(record);
        return this.#following(record);
      },
    };
  }

  #following(record: Open<SentRecord> | Open<HandledRecord>): { ended(end: End): void } {
    this.#open.add(record);
    return {
      ended: (end) => {
        const { outcome, error, id } = end as SendingEnd;
        Object.assign(record, {
          outcome,
          ...(id && { id }),
          ...(error !== undefined && { error }),
        });
        this.#open.delete(record);
      },
    };
  }
}

const isOf = (record: { readonly name: string }, name: string | undefined): boolean =>
  name === undefined || record.name === name;

function toRecord(codec: PayloadCodec, message: HandledMessage): HandledRecord {
  const { kind, name, id, key, attempt, headers, payload } = message;
  const data = tried(() => codec.decode(payload));
  return { kind, name, id, key, attempt, headers, data, outcome: 'running' };
}

/** What cannot be encoded is kept as it is: its sender is told why. */
const copyOf = (codec: PayloadCodec, data: unknown): unknown =>
  tried(() => codec.decode(Buffer.from(codec.encode(data))), data);

function tried(make: () => unknown, otherwise?: unknown): unknown {
  try {
    return make();
  } catch {
    // the broker itself meets the same failure, and reports it
    return otherwise;
  }
}
