import type { BalanceStrategy } from '../balancer/index.js';
import type {
  Added,
  Clock,
  NewMessage,
  QueuePort,
  Routes,
  Timer,
  TurnsPort,
} from '../backend/index.js';
import { ClosedError } from '../errors/index.js';
import type { Address, Envelope } from '../message/index.js';
import { type Chooser, createChooser } from './chooser.js';

/** Shortest time between two looks at the routes of an address, in ms. */
const PAUSE = 50;
/** A view older than this is renewed while it is used, in ms. */
const AGE = 2_000;

export interface RouterParts {
  readonly queue: QueuePort;
  readonly clock: Clock;
  /** Decides turns, where the balancer has a place of its own. */
  readonly turns?: TurnsPort | undefined;
  /** A user's own strategy, by its name in a rule. */
  readonly own: (name: string) => BalanceStrategy | undefined;
  /** Routes are in use: from now on it wants to hear of changes, see {@link Router.renew}. */
  readonly onUse?: () => void;
  readonly onError: (error: unknown) => void;
}

interface View {
  readonly chooser: Chooser | undefined;
  readonly routes: Routes;
  readonly since: number;
}

/**
 * Proposes whom a message should go to, where the rule of its queue asks its sender. Knows nothing of an address until
 * the backend says that it would like proposals; what it proposes is verified when the message is placed.
 */
export class Router {
  readonly #parts: RouterParts;
  readonly #views = new Map<Address, View>();
  readonly #looking = new Map<Address, Promise<void>>();
  /** Looks that wait for the end of a pause. */
  readonly #waiting = new Map<Address, Timer>();

  constructor(parts: RouterParts) {
    this.#parts = parts;
  }

  /** The messages with proposals where they are asked for. At once, unless turns are decided elsewhere. */
  route(messages: readonly NewMessage[]): readonly NewMessage[] | Promise<readonly NewMessage[]> {
    if (this.#views.size === 0) return messages;
    const { turns } = this.#parts;
    if (turns === undefined) return messages.map((message) => this.#withProposal(message));
    return this.#ask(messages, turns);
  }

  /** By what is known now; looks again in the background when that is old. */
  propose(envelope: Envelope): string | undefined {
    const view = this.#views.get(envelope.address);
    if (view === undefined) return undefined;
    if (this.#parts.clock.monotonic() - view.since > AGE) void this.look(envelope.address);
    try {
      return view.chooser?.choose(envelope);
    } catch (error) {
      this.#parts.onError(error);
      return undefined;
    }
  }

  /** What became of messages: where the backend wants other proposals, the routes are looked at again. */
  learn(messages: readonly NewMessage[], added: readonly Added[]): void {
    added.forEach(({ unrouted }, i) => {
      if (unrouted === true) void this.look(messages[i]!.envelope.address);
    });
  }

  /** Never rejects. */
  async look(address: Address): Promise<void> {
    const view = this.#views.get(address);
    if (view !== undefined) {
      // a rule this process has no proposals for is not asked for again and again
      const pause = view.chooser === undefined ? AGE : PAUSE;
      if (this.#parts.clock.monotonic() - view.since < pause) return;
    }
    await this.#lookOnce(address);
  }

  /** Looks no more. */
  close(): void {
    for (const timer of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
  }

  async #lookOnce(address: Address): Promise<void> {
    const known = this.#looking.get(address);
    if (known !== undefined) return await known;
    const looking = this.#look(address).finally(() => this.#looking.delete(address));
    this.#looking.set(address, looking);
    await looking;
  }

  /** The membership changed: what is in use is looked at again, if need be at the end of the pause. */
  renew(): void {
    const inUse = new Set([...this.#views.keys(), ...this.#looking.keys()]);
    for (const address of inUse) void this.#renew(address);
  }

  /** Whether a message that anybody could have read goes to another instance, and to which. */
  forward(envelope: Envelope, self: string): string | undefined {
    if (envelope.forwarded === true) return undefined;
    const consumer = this.propose(envelope);
    return consumer === self ? undefined : consumer;
  }

  #withProposal(message: NewMessage, turn?: string): NewMessage {
    const { address, target } = message.envelope;
    const routes = this.#views.get(address)?.routes;
    if (target !== undefined || routes === undefined) return message;
    const consumer = turn ?? this.propose(message.envelope);
    if (consumer === undefined) return message;
    return { ...message, proposal: { consumer, epoch: routes.epoch } };
  }

  /** Where nobody answers, this process goes by what it knows itself. */
  async #ask(messages: readonly NewMessage[], turns: TurnsPort): Promise<readonly NewMessage[]> {
    const counts = new Map<Address, number>();
    for (const { envelope } of messages) {
      const { address } = envelope;
      if (this.#goesByTurns(address)) counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    const answers = new Map<Address, string[]>();
    await Promise.all(
      [...counts].map(async ([address, count]) => {
        try {
          answers.set(address, [...(await turns.next(address, count))]);
        } catch (error) {
          this.#parts.onError(error);
        }
      }),
    );
    return messages.map((message) =>
      this.#withProposal(message, answers.get(message.envelope.address)?.shift()),
    );
  }

  #goesByTurns(address: Address): boolean {
    const rule = this.#views.get(address)?.routes.rule;
    return rule?.local === true && ['round_robin', 'weighted'].includes(rule.strategy);
  }

  async #renew(address: Address): Promise<void> {
    // one under way may have begun before the change
    await this.#looking.get(address);
    const view = this.#views.get(address);
    if (view?.chooser === undefined) return await this.look(address);
    const { clock } = this.#parts;
    const rest = view.since + PAUSE - clock.monotonic();
    if (rest <= 0) return await this.#lookOnce(address);
    if (this.#waiting.has(address)) return;
    const timer = clock.after(rest, () => {
      this.#waiting.delete(address);
      void this.#lookOnce(address);
    });
    this.#waiting.set(address, timer);
  }

  async #look(address: Address): Promise<void> {
    const { queue, clock, own, onError } = this.#parts;
    const since = clock.monotonic();
    try {
      const routes = await queue.routes(address);
      if (routes === undefined) {
        this.#views.delete(address);
        return;
      }
      const chooser = this.#views.get(address)?.chooser;
      const fits = sameRule(this.#views.get(address)?.routes, routes) && chooser?.renew(routes);
      this.#views.set(address, {
        routes,
        since,
        chooser: fits === true ? chooser : createChooser(routes, own),
      });
      this.#parts.onUse?.();
    } catch (error) {
      // a broker that was closed meanwhile routes nothing any more
      if (!(error instanceof ClosedError)) onError(error);
    }
  }
}

const sameRule = (old: Routes | undefined, { rule }: Routes): boolean =>
  old?.rule.strategy === rule.strategy && old.rule.local === rule.local;
