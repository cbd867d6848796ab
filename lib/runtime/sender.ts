import type { BusPort, CancelResult, NewMessage, QueuePort } from '../backend/index.js';
import { InvalidBatchError, InvalidOptionsError, rejected } from '../errors/index.js';
import {
  type Envelope,
  type MessageIds,
  type MessagePolicy,
  checkName,
  messageId,
  parseMessageId,
  toAddress,
} from '../message/index.js';
import type { Enqueued, EventOptions, TaskOptions, TaskToSend } from './calls.js';
import { EventPublisher } from './event-publisher.js';
import { type PayloadEncoder, checkHeaders } from './payload-encoder.js';
import type { Router } from './router.js';

/** Most tasks, and most bytes of payload, one step can carry. */
const MAX_BATCH = 256;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

export interface TaskSenderParts {
  readonly queue: QueuePort;
  readonly bus: BusPort;
  readonly router: Router;
  readonly ids: MessageIds;
  readonly payloads: PayloadEncoder;
  readonly sendTimeout: number;
  readonly dedupeWindow: number;
}

const NO_OPTIONS: TaskOptions = Object.freeze({});

/** Sends tasks and events. Everything is checked and encoded before anything leaves. */
export class MessageSender {
  readonly #parts: TaskSenderParts;
  readonly #events: EventPublisher;

  constructor(parts: TaskSenderParts) {
    this.#parts = parts;
    this.#events = new EventPublisher(parts);
  }

  // not async, as the client's: thousands wait at once, and each promise in between is one more for the collector to keep
  enqueue(tasks: readonly TaskToSend[]): Promise<Enqueued[]> {
    try {
      return this.#add(tasks, this.#toMessages(tasks));
    } catch (error) {
      return rejected(error);
    }
  }

  async publish(name: string, data: unknown, options?: EventOptions): Promise<void> {
    await this.#events.publish(name, data, options);
  }

  async cancel(id: string): Promise<CancelResult> {
    parseMessageId(id);
    return await this.#parts.queue.cancel(id);
  }

  #toMessages(tasks: readonly TaskToSend[]): NewMessage[] {
    if (tasks.length === 0) throw new InvalidBatchError('a batch must hold at least one task');
    if (tasks.length > MAX_BATCH) {
      throw new InvalidBatchError(
        `a batch of ${tasks.length} tasks is too large, at most ${MAX_BATCH} fit in one step`,
      );
    }
    const messages = tasks.map((task) => this.#message(task));
    if (tasks.length > 1) checkBytes(messages);
    return messages;
  }

  #add(tasks: readonly TaskToSend[], messages: readonly NewMessage[]): Promise<Enqueued[]> {
    const { queue, router, sendTimeout } = this.#parts;
    const routed = router.route(messages);
    const adding =
      routed instanceof Promise
        ? routed.then((proposed) => queue.add(proposed, sendTimeout))
        : queue.add(routed, sendTimeout);
    return adding.then((added) => {
      router.learn(messages, added);
      return added.map(({ unique, duplicate }, i) => ({
        id: messageId(tasks[i]!.name, unique),
        duplicate,
      }));
    });
  }

  #message({ name, data, options = NO_OPTIONS }: TaskToSend): NewMessage {
    checkName('the name of a task', name);
    const payload = this.#parts.payloads.encode(name, data);
    const unique = this.#parts.ids.unique();
    if (options === NO_OPTIONS) {
      return { envelope: { unique, address: toAddress('task', name) }, payload };
    }
    const delay = checkDelay(options.delay);
    const dedupe =
      options.dedupeId === undefined
        ? undefined
        : { id: checkName('dedupeId', options.dedupeId), window: this.#parts.dedupeWindow };
    return {
      envelope: toEnvelope(unique, name, options),
      payload,
      ...(delay > 0 ? { delay } : {}),
      ...(dedupe === undefined ? {} : { dedupe }),
    };
  }
}

function toEnvelope(unique: string, name: string, options: TaskOptions): Envelope {
  const { key, target } = options;
  const headers = checkHeaders(options.headers);
  const policy = toPolicy(options);
  return {
    unique,
    address: toAddress('task', name),
    ...(key === undefined ? {} : { key: checkName('key', key) }),
    ...(target === undefined ? {} : { target: checkName('target', target) }),
    ...(headers === undefined ? {} : { headers }),
    ...(policy === undefined ? {} : { policy }),
  };
}

function toPolicy({ attempts, backoff, timeout }: TaskOptions): MessagePolicy | undefined {
  if (attempts === undefined && backoff === undefined && timeout === undefined) return undefined;
  if (attempts !== undefined && !(Number.isInteger(attempts) && attempts > 0)) {
    throw new InvalidOptionsError(`attempts must be a positive integer, got ${String(attempts)}`);
  }
  return {
    ...(attempts === undefined ? {} : { attempts }),
    ...(backoff === undefined ? {} : { backoff }),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function checkDelay(delay: number | undefined): number {
  if (delay === undefined) return 0;
  if (!(typeof delay === 'number' && delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) {
    throw new InvalidOptionsError(`delay must be 0 or more milliseconds, got ${String(delay)}`);
  }
  return Math.ceil(delay);
}

function checkBytes(messages: readonly NewMessage[]): void {
  const bytes = messages.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);
  if (bytes > MAX_BATCH_BYTES) {
    throw new InvalidBatchError(
      `a batch of ${bytes} bytes is too large, at most ${MAX_BATCH_BYTES} fit in one step`,
    );
  }
}
