import { InvalidConfigError, InvalidOptionsError } from '../../../errors/index.js';
import { addressKind, addressName } from '../../../message/index.js';
import type {
  Added,
  Backlog,
  Beat,
  CancelResult,
  Lease,
  Member,
  NewMessage,
  Reader,
  Routes,
} from '../../index.js';
import { RedisQueue, type RedisQueueParts, errorsOfLost } from '../queue.js';
import { RedisReader } from '../reader.js';
import { SharedFeed } from './feed.js';
import type { SharedLayout } from './layout.js';

/** Messages one script moves, entries one script looks at. */
const CHUNK = 128;
/** Shortest time, in ms, after which a message that a Go-Broker worker has not acknowledged counts as lost. */
const PATIENCE = 60_000;

export interface SharedQueueParts extends RedisQueueParts {
  readonly layout: SharedLayout;
  /** What people should know. */
  readonly onWarning: (message: string) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * One stream for tasks and requests of every name, read by us and by Go-Broker workers. Whoever is free takes what
 * comes: there are no lanes, no keys and no bounds.
 */
export class SharedQueue extends RedisQueue {
  readonly #parts: SharedQueueParts;
  readonly #feeds = new Map<string, SharedFeed>();
  /** Names somebody was told of. */
  readonly #strange = new Set<string>();
  #ttl = 0;

  constructor(parts: SharedQueueParts) {
    super(parts);
    this.#parts = parts;
  }

  override add(group: readonly NewMessage[], timeout: number): Promise<Added[]> {
    for (const message of group) {
      const error = refusal(message);
      if (error !== undefined) return Promise.reject(error);
    }
    return super.add(group, timeout);
  }

  override async join(member: Member): Promise<Beat> {
    const routed = member.groups.find(({ rule }) => rule.strategy !== 'competing');
    if (routed !== undefined) {
      throw new InvalidConfigError(
        `a stream shared with Go-Broker knows the strategy "competing" only, "${routed.name.slice(2)}" follows "${routed.rule.strategy}"`,
      );
    }
    const [kept] = member.subscriptions ?? [];
    if (kept !== undefined) {
      throw new InvalidConfigError(
        `the handler of the event "${kept.event}" is durable, and beside a stream shared with Go-Broker no events are kept: leave durable out, or use a broker of its own`,
      );
    }
    this.#ttl = member.ttl;
    const beat = await super.join(member);
    if (!this.#feeds.has(member.consumer)) this.#openFeed(member);
    return beat;
  }

  override reader(consumer: string, label: string, holds: (lease: Lease) => boolean): Reader {
    const feed = this.#feeds.get(consumer);
    if (feed === undefined) throw new RangeError(`${consumer} has not joined`);
    return feed.open(label, holds);
  }

  /** A request can wait for its next offer, too. */
  override async cancel(id: string): Promise<CancelResult> {
    return await super.cancel(id);
  }

  /** Go-Broker workers would go on. */
  override async pause(): Promise<boolean> {
    throw new InvalidOptionsError(
      'a stream shared with Go-Broker cannot be paused: its other workers would not know',
    );
  }

  /** No events are kept. */
  override async catchUp(): Promise<void> {}

  override async tend(): Promise<Backlog[]> {
    return [];
  }

  /** Turns are no matter of a shared stream. */
  override async routes(): Promise<Routes | undefined> {
    return undefined;
  }

  /** There are no lanes to take from. */
  override async takeOver(): Promise<number> {
    return 0;
  }

  /** Also takes over what dead Go-Broker workers left pending, and removes what living ones left acknowledged. */
  override async reclaim(lostLimit: number): Promise<number> {
    const { scripts } = this.#parts.layout;
    const patience = Math.max(2 * this.#ttl, PATIENCE);
    let moved = 0;
    for (;;) {
      const args = [CHUNK, lostLimit, errorsOfLost.task, errorsOfLost.request, patience];
      const now = Number(await this.run(scripts.reclaim, args));
      moved += now;
      if (now < CHUNK) break;
    }
    await this.#trim();
    return moved;
  }

  override async close(): Promise<void> {
    for (const feed of this.#feeds.values()) feed.abandon();
    await super.close();
  }

  async #trim(): Promise<void> {
    const { scripts } = this.#parts.layout;
    for (let from = ''; ;) {
      const reply = (await this.run(scripts.trim, [from, CHUNK])) as [number, Buffer];
      from = String(reply[1]);
      if (from === '') return;
    }
  }

  #openFeed(member: Member): void {
    const { command, layout, readerLink } = this.#parts;
    const { consumer } = member;
    const link = readerLink(`stream of ${consumer}`);
    const feed: SharedFeed = new SharedFeed(member, {
      reader: (holds) =>
        new RedisReader(consumer, { link, command, layout, holds, settle: this.settleWith }),
      settle: async (delivery, ending) => await this.settle(consumer, delivery, ending),
      onStrange: (address) => this.#warn(address),
      onClose: () => void this.#feeds.delete(consumer),
      onError: this.#parts.onError,
    });
    this.#feeds.set(consumer, feed);
  }

  #warn(address: Parameters<typeof addressName>[0]): void {
    if (this.#strange.has(address)) return;
    this.#strange.add(address);
    this.#parts.onWarning(
      `nobody here handles the ${addressKind(address)} "${addressName(address)}": it is left to others on the stream "${this.#parts.layout.keys.stream('')}"`,
    );
  }
}

/** What only a stream of our own can do. */
function refusal({ envelope }: NewMessage): InvalidOptionsError | undefined {
  const { address, key, target } = envelope;
  const isTask = addressKind(address) === 'task';
  const option = key !== undefined && isTask ? 'key' : target !== undefined ? 'target' : undefined;
  if (option === undefined) return undefined;
  return new InvalidOptionsError(
    `"${addressName(address)}" cannot have the option ${option}: on a stream shared with Go-Broker whoever is free takes what comes`,
  );
}
