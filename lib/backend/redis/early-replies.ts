import type { ReplyOut } from '../index.js';
import type { RedisLink } from './link.js';
import { afterThisTurn } from './outbox.js';
import { toQuietBytes } from './wire-command.js';

/** So many replies of one turn leave each by itself; more are cheaper in the script that settles them. */
const FEW = 4;
/** How long, in ms, an answered request waits to be settled together with others, and how many are enough. */
const SOON = 10;
const ENOUGH = 64;

/** How a reply left. */
export interface Answer {
  readonly link: RedisLink;
  readonly connection: string | undefined;
}

interface Answerable {
  readonly reply: ReplyOut | undefined;
  answer?: Answer;
}

/**
 * Replies that leave before their requests are settled: a caller with few requests on their way waits for a PUBLISH then,
 * and not for a script, and one script settles what many of them were about.
 */
export class EarlyReplies<Item extends Answerable> {
  readonly #link: RedisLink;
  readonly #settle: (item: Item) => void;
  #waiting: Item[] = [];
  #answered: Item[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param settle takes what has been answered, or is not answered early after all */
  constructor(link: RedisLink, settle: (item: Item) => void) {
    this.#link = link;
    this.#settle = settle;
  }

  push(item: Item): void {
    if (this.#waiting.push(item) > 1) return;
    // as results do, see SettleOutbox: a reader that is about to read takes them along
    afterThisTurn(() => setImmediate(() => this.leave(this.#link)));
  }

  /** Sends what waits over this link, now. */
  leave(link: RedisLink): void {
    const items = this.#waiting;
    if (items.length === 0) return;
    this.#waiting = [];
    if (items.length > FEW || !link.quiet) return items.forEach(this.#settle);
    const answer = { link, connection: link.clientId };
    for (const item of items) {
      link.tell(toQuietBytes('PUBLISH', [item.reply!.channel, item.reply!.frame]));
      item.answer = answer;
    }
    this.#answered.push(...items);
    if (this.#answered.length >= ENOUGH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), SOON);
  }

  /** Lets go of everything. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = [...this.#answered, ...this.#waiting];
    this.#answered = [];
    this.#waiting = [];
    items.forEach(this.#settle);
  }
}

/** Whether its reply has left for good: what a connection took that broke since may never have arrived. */
export const isAnswered = ({ answer }: { readonly answer?: Answer }): boolean =>
  answer?.link.state === 'up' && answer.link.clientId === answer.connection;
