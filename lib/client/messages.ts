import type { FoundMessage, MessageState, QueueInfo } from '../backend/index.js';
import type { PayloadCodec } from '../codec/index.js';
import { InvalidOptionsError } from '../errors/index.js';
import type { Runtime } from '../runtime/index.js';
import { describeMessage, toDate, type StoredMessage } from './describe-message.js';

const STATES: readonly MessageState[] = ['waiting', 'running', 'delayed', 'gated'];
const MOST = 1_000;

/** A message where it lies; its `id` is what `cancel` takes. @publicApi */
export interface ListedMessage extends StoredMessage {
  readonly state: MessageState;
  /** Who holds it, or whom it was routed to; `undefined`: whoever is free takes it. */
  readonly consumer: string | undefined;
  /** When it came to where it waits, or was handed to its holder. */
  readonly since: Date | undefined;
  /** Of a delayed one: when it may start. */
  readonly dueAt: Date | undefined;
}

/** @publicApi */
export interface ListMessagesOptions {
  /** `delayed`: not due; `gated`: behind another one of its key. Default `waiting`. */
  readonly state?: MessageState;
  /** Of that name only. Default: of all. */
  readonly name?: string;
  /** About so many messages are looked at, up to 1,000. Default 100. */
  readonly count?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** @publicApi */
export interface MessagesPage {
  /** Delayed ones by due time, waiting and running ones by place and age, gated ones in no order. */
  readonly messages: readonly ListedMessage[];
  /** How many were looked at for them. */
  readonly looked: number;
  /** Where to go on; absent: that was all. There can be more although this page is empty. */
  readonly next?: string;
}

/**
 * Looks at the messages of an app that will run, where they lie. What moves while somebody turns the pages can be on none of
 * them, or on two. Dead letters are a matter of `deadLetters`.
 * @publicApi
 */
export class Messages {
  readonly #open: () => Promise<Runtime>;
  readonly #codec: PayloadCodec;

  constructor(open: () => Promise<Runtime>, codec: PayloadCodec) {
    this.#open = open;
    this.#codec = codec;
  }

  /** A page of the messages in one state. @throws InvalidOptionsError */
  async list(options: ListMessagesOptions = {}): Promise<MessagesPage> {
    const { state = 'waiting', count = 100, name, after } = options;
    if (!STATES.includes(state)) {
      throw new InvalidOptionsError(`state is "${state as string}", allowed: ${STATES.join(', ')}`);
    }
    if (!Number.isSafeInteger(count) || count < 1 || count > MOST) {
      throw new InvalidOptionsError(
        `count is ${String(count)}, allowed: a whole number from 1 to ${MOST}`,
      );
    }
    const { inspector } = await this.#open();
    const page = await inspector.messages({
      state,
      count,
      ...(name === undefined ? {} : { name }),
      ...(after === undefined ? {} : { after }),
    });
    return { ...page, messages: page.messages.map((found) => this.#toListed(found)) };
  }

  /** The queues of the app, of every service with a running instance. */
  async queues(): Promise<QueueInfo[]> {
    return await (await this.#open()).inspector.queues();
  }

  #toListed({ envelope, payload, state, consumer, since, due }: FoundMessage): ListedMessage {
    const message = describeMessage(envelope, payload, this.#codec);
    return { ...message, state, consumer, since: toDate(since), dueAt: toDate(due) };
  }
}
