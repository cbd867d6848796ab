import type { BusPort, Clock, NewMessage, QueuePort } from '../../../lib/backend/index.js';
import { MessageIds } from '../../../lib/message/index.js';
import { Requester } from '../../../lib/runtime/requester.js';
import { nobodyRoutes } from './nobody-routes.js';
import { payloads } from './settings.js';

/** A backend that notes what is asked, and says what the test says. */
export class Wire {
  readonly sent: (NewMessage & { readonly timeout: number })[] = [];
  readonly asked: (readonly string[])[] = [];
  kept = new Map<string, Buffer>();
  subscriptions = 0;
  subscribing: Promise<void> = Promise.resolve();
  adding: Promise<void> = Promise.resolve();
  #listener: ((message: Buffer) => void) | undefined;
  #onGap: (() => void) | undefined;

  readonly cancelled: (readonly [string, string | undefined])[] = [];
  readonly published: (readonly [string, Buffer])[] = [];
  /** Whether what is added is known already. */
  duplicate = false;

  readonly queue: Pick<QueuePort, 'add' | 'cancel' | 'keptReplies'> = {
    add: async (group, timeout) => {
      for (const message of group) this.sent.push({ ...message, timeout });
      await this.adding;
      return group.map(({ envelope }) => ({
        unique: envelope.unique,
        duplicate: this.duplicate,
      }));
    },
    cancel: (id, kind) => {
      this.cancelled.push([id, kind]);
      return Promise.resolve('removed');
    },
    keptReplies: (uniques) => {
      this.asked.push(uniques);
      return Promise.resolve(uniques.map((unique) => this.kept.get(unique)));
    },
  };

  readonly bus: BusPort = {
    channel: (kind, name = '') => `${kind}/${name}`,
    publish: (channel, message) => {
      this.published.push([channel, Buffer.from(message)]);
      return Promise.resolve();
    },
    subscribe: async (_, listener) => {
      await this.subscribing;
      this.subscriptions += 1;
      this.#listener = listener;
      return () => (this.subscriptions -= 1);
    },
    publishEvent: () => Promise.reject(new Error('nobody publishes events here')),
    subscribePattern: () => Promise.reject(new Error('nobody asks for patterns here')),
    onGap: (listener) => {
      this.#onGap = listener;
      return () => (this.#onGap = undefined);
    },
  };

  /** Unique part of the id of the n-th request. */
  unique(n = 0): string {
    return this.sent[n]!.envelope.unique;
  }

  receive(...frames: readonly Uint8Array[]): void {
    this.#listener?.(Buffer.concat(frames));
  }

  get hearsGaps(): boolean {
    return this.#onGap !== undefined;
  }

  async gap(): Promise<void> {
    this.#onGap?.();
    await new Promise(setImmediate);
  }
}

export const requesterOn = (wire: Wire, clock: Clock): Requester =>
  new Requester({
    queue: wire.queue as QueuePort,
    bus: wire.bus,
    router: nobodyRoutes(),
    clock,
    ids: new MessageIds(),
    payloads,
    timeout: 1_000,
    mode: 'reliable',
    dedupeWindow: 600_000,
    sendTimeout: 500,
    onError: (error) => {
      throw error;
    },
  });
