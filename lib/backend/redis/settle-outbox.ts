import { ScriptPacker, packForScript, type Packable } from '../../codec/index.js';
import { BackendUnavailableError, type BrokerError, ClosedError } from '../../errors/index.js';
import { addressKind } from '../../message/index.js';
import type { Delivery, ReplyOut, Settlement, Undecodable, Verdict } from '../index.js';
import { type Answer, EarlyReplies, isAnswered } from './early-replies.js';
import type { Layout } from './layout.js';
import type { RedisLink } from './link.js';
import { Outbox, type OutboxItem, afterThisTurn } from './outbox.js';
import { isUnknownScript, toRedisFailure } from './redis-error.js';

const MAX_COUNT = 256;
const MAX_BYTES = 4 * 1024 * 1024;
/** Pause before a refused batch is tried again, in ms. */
const PAUSE = 100;

/** How a delivery ends, or that its name is not handled by the consumer, on a stream it shares with others. */
export type Ending = Verdict | { readonly type: 'decline' };

export interface SettleItem extends OutboxItem {
  readonly consumer: string;
  readonly delivery: Delivery | Undecodable;
  readonly verdict: Ending;
  readonly reply: ReplyOut | undefined;
  /** How the reply left already, if it did. */
  answer?: Answer;
  readonly abandon: AbortSignal | undefined;
  readonly resolve: (settlement: Settlement) => void;
  readonly reject: (error: BrokerError) => void;
}

/** Keeps the results of handlers until Redis has taken them: a result is never lost to a lost connection. */
export class SettleOutbox {
  readonly #link: RedisLink;
  readonly #layout: Layout;
  readonly #outbox: Outbox<SettleItem>;
  readonly #early: EarlyReplies<SettleItem>;
  /** Whether Redis let us publish a reply, which is not seen when it leaves early. */
  #mayPublish = false;
  #closed = false;

  constructor(link: RedisLink, layout: Layout) {
    this.#link = link;
    this.#layout = layout;
    this.#outbox = new Outbox<SettleItem>({
      maxCount: MAX_COUNT,
      maxBytes: MAX_BYTES,
      together: (first, next) => first.consumer === next.consumer,
      send: (items) => this.#send(items, this.#link),
      // a reader that is about to read takes along what came of its last read
      defer: (leave) => afterThisTurn(() => setImmediate(leave)),
    });
    this.#early = new EarlyReplies(link, (item) => this.#outbox.push(item));
  }

  /** Sends what waits over a link and then what `send` sends, in one piece: one step for both ends instead of two. */
  hand<T>(link: RedisLink, send: () => T): T {
    this.#early.leave(link);
    if (this.#outbox.count === 0) return send();
    this.#early.flush();
    return link.together(() => {
      this.#outbox.hand((items) => this.#send(items, link));
      return send();
    });
  }

  settle(
    consumer: string,
    delivery: Delivery | Undecodable,
    verdict: Ending,
    abandon: AbortSignal | undefined,
  ): Promise<Settlement> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new ClosedError();
      const reply = verdict.type === 'done' ? verdict.reply : undefined;
      const bytes = reply?.frame.length ?? 0;
      const item = {
        count: 1,
        bytes,
        consumer,
        delivery,
        verdict,
        reply,
        abandon,
        resolve,
        reject,
      };
      const early = this.#mayPublish && reply?.ahead === true && !isRouted(delivery);
      if (early) this.#early.push(item);
      else this.#outbox.push(item);
    });
  }

  close(): void {
    this.#closed = true;
    this.#early.flush();
    for (const item of this.#outbox.remove(() => true)) item.reject(new ClosedError());
  }

  /** @param first over which it is tried first: what is sent there later waits behind a read */
  async #send(items: readonly SettleItem[], first: RedisLink): Promise<void> {
    let open = items;
    for (let link = first; ; link = this.#link) {
      open = this.#withdraw(open);
      if (open.length === 0) return;
      if (link.state === 'down' && !(await link.whenUp(PAUSE))) continue;
      try {
        resolveAll(open, await this.#run(link, open));
        this.#mayPublish ||= open.some(({ reply }) => reply !== undefined);
        return;
      } catch (cause) {
        if (link !== this.#link && isUnknownScript(cause)) continue;
        const { error, outcome, transient } = toRedisFailure(cause);
        if (!transient) return open.forEach((item) => item.reject(error));
        if (outcome === 'not-sent') await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }

  /** Rejects what nobody waits for any more, in this batch and behind it. */
  #withdraw(items: readonly SettleItem[]): readonly SettleItem[] {
    const over = (item: SettleItem): boolean => this.#closed || item.abandon?.aborted === true;
    if (!items.some(over) && this.#link.state === 'up') return items;
    const error = this.#closed
      ? new ClosedError()
      : new BackendUnavailableError('the result could not be delivered in time');
    const gone = [...items.filter(over), ...this.#outbox.remove(over)];
    for (const item of gone) item.reject(error);
    return items.filter((item) => !over(item));
  }

  #run(link: RedisLink, items: readonly SettleItem[]): Promise<unknown> {
    const { settle } = this.#layout.scripts;
    const args = this.#encode(items);
    return link === this.#link ? link.run(settle, args) : link.runKnown(settle, args);
  }

  #encode(items: readonly SettleItem[]): (string | Buffer)[] {
    const batch = new SettleBatch();
    for (const item of items) batch.put(item);
    const [first] = items as [SettleItem];
    return [
      this.#layout.keys.root,
      first.consumer,
      batch.encode(),
      this.#layout.keys.channel('control'),
    ];
  }
}

/** What is done of one source; of a lane: of one address in it. */
interface Done {
  /** Its place in the list, from 1. */
  readonly at: number;
  readonly source: string;
  readonly ids: string[];
  readonly address: string | false;
}

interface Replies {
  readonly frames: Uint8Array[];
  /** Of each: where its id stands, its length, and how long it is kept, if at all, under what. */
  readonly list: (string | number)[];
}

/** The lists of settle.lua. */
class SettleBatch {
  readonly #done = new Map<string, Done>();
  readonly #replies = new Map<string, Replies>();
  #keeps = false;
  readonly #keyed: string[] = [];
  readonly #moves: Packable[] = [];

  put(item: SettleItem): void {
    const { delivery, verdict, reply } = item;
    const { source, token } = delivery.lease;
    if (verdict.type !== 'done') {
      this.#moves.push(source, token, verdict.type, ...moveArguments(verdict));
      return;
    }
    const { envelope } = delivery as Delivery;
    // the key of a request only routes it
    if (envelope.key !== undefined && addressKind(envelope.address) !== 'request') {
      this.#keyed.push(source, token, envelope.address, envelope.key, envelope.unique);
      return;
    }
    const done = this.#doneOf(delivery as Delivery);
    const index = done.ids.push(token);
    if (reply === undefined || isAnswered(item)) return;
    const { channel, frame, keep = 0 } = reply;
    const { frames, list } = this.#repliesTo(channel);
    frames.push(frame);
    list.push(done.at, index, frame.length, keep, keep > 0 ? envelope.unique : '');
    this.#keeps ||= keep > 0;
  }

  encode(): Buffer {
    const packer = new ScriptPacker();
    packer.map(5);
    packer.text('d');
    packer.list(3 * this.#done.size);
    for (const { source, ids, address } of this.#done.values()) {
      packer.text(source);
      packer.value(ids);
      packer.value(address);
    }
    packer.text('r');
    packer.list(3 * this.#replies.size);
    for (const [channel, { frames, list }] of this.#replies) {
      packer.text(channel);
      packer.value(frames.length === 1 ? frames[0] : Buffer.concat(frames));
      packer.nested(() => packer.value(list));
    }
    packer.text('keeps');
    packer.value(this.#keeps);
    packer.text('k');
    packer.value(this.#keyed);
    packer.text('m');
    packer.value(this.#moves);
    return packer.finish();
  }

  #doneOf({ lease: { source }, routed, envelope: { address } }: Delivery): Done {
    // messages in a lane are counted by address
    const group = routed ? `${source} ${address}` : source;
    const known = this.#done.get(group);
    if (known !== undefined) return known;
    const done = { at: this.#done.size + 1, source, ids: [], address: routed && address };
    this.#done.set(group, done);
    return done;
  }

  #repliesTo(channel: string): Replies {
    const known = this.#replies.get(channel);
    if (known !== undefined) return known;
    const replies: Replies = { frames: [], list: [] };
    this.#replies.set(channel, replies);
    return replies;
  }
}

function moveArguments(verdict: Exclude<Ending, { type: 'done' }>): [number, string | Buffer] {
  if (verdict.type === 'forward') return [0, verdict.consumer];
  if (verdict.type === 'retry') return [verdict.delay, verdict.counts ? '1' : ''];
  if (verdict.type !== 'dead') return [0, ''];
  const { reason, error, consumer } = verdict;
  const ran = reason === 'failed' || reason === 'unrecoverable';
  return [ran ? 1 : 0, packForScript({ r: reason, e: JSON.stringify(error), c: consumer })];
}

/** In a lane it would count as load until it is settled. */
const isRouted = (delivery: Delivery | Undecodable): boolean =>
  'routed' in delivery && delivery.routed;

function resolveAll(items: readonly SettleItem[], reply: unknown): void {
  const list = reply as readonly Buffer[];
  if (list.length === 0) {
    for (const item of items) item.resolve('settled');
    return;
  }
  const stale = new Set(list.map(String));
  for (const item of items) {
    const { source, token } = item.delivery.lease;
    item.resolve(stale.has(`${source} ${token}`) ? 'stale' : 'settled');
  }
}
