import { Redis, type RedisOptions } from 'ioredis';
import type { RedisNode } from './redis-settings.js';

/** Longest time one node is asked, in ms. */
const ASK_TIMEOUT = 2_000;

type Slots = readonly (readonly [
  from: number,
  to: number,
  ...nodes: (readonly [string | null, number])[],
])[];

/** The nodes of a cluster, and which of them has the slot of an app. */
export class ClusterNodes {
  readonly #options: RedisOptions;
  readonly #root: string;
  /** The one that answered last comes first. */
  #known: readonly RedisNode[];
  #asking: Promise<RedisNode> | undefined;

  /** @param root of the keys of the app; all of them have its hash tag */
  constructor(known: readonly RedisNode[], root: string, login: RedisOptions) {
    this.#known = known;
    this.#root = root;
    this.#options = login;
  }

  /** How a connection to one of them is made secret, and whom it speaks for. */
  get tls(): RedisOptions['tls'] {
    return this.#options.tls;
  }

  /**
   * The node that has the slot, as a node that answers says. Where none answers, one of them, so that connecting there
   * shows what is wrong. Asked anew each time, but together by those who want to know at the same time.
   */
  owner(): Promise<RedisNode> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #ask(): Promise<RedisNode> {
    const nodes = this.#known;
    for (const node of nodes) {
      const owner = await this.#askNode(node);
      if (owner !== undefined) return owner;
      // somebody else first next time: this one is away, or knows nothing of the others
      this.#known = [...this.#known.filter((known) => known !== node), node];
    }
    return nodes[0]!;
  }

  async #askNode(node: RedisNode): Promise<RedisNode | undefined> {
    const redis = new Redis({
      ...this.#options,
      ...node,
      lazyConnect: true,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      connectTimeout: ASK_TIMEOUT,
      commandTimeout: ASK_TIMEOUT,
    });
    // the error of the call says it, too
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      const slot = Number(await redis.call('CLUSTER', 'KEYSLOT', this.#root));
      const slots = (await redis.call('CLUSTER', 'SLOTS')) as Slots;
      return this.#learn(node, slot, slots);
    } catch {
      return undefined;
    } finally {
      redis.disconnect();
    }
  }

  #learn(asked: RedisNode, slot: number, slots: Slots): RedisNode | undefined {
    const found = new Map([[nameOf(asked), asked]]);
    let owner: RedisNode | undefined;
    for (const [from, to, ...nodes] of slots) {
      const here = nodes.map(([host, port]) => {
        // a node that does not know its own name is where it was asked
        const isNamed = host !== null && host !== '' && host !== '?';
        return { host: isNamed ? host : asked.host, port };
      });
      for (const node of here) found.set(nameOf(node), node);
      if (from <= slot && slot <= to) owner = here[0];
    }
    for (const node of this.#known) found.set(nameOf(node), node);
    this.#known = [...found.values()];
    return owner;
  }
}

const nameOf = ({ host, port = 6379 }: RedisNode): string => `${host}:${port}`;
