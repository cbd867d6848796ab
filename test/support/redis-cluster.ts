import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { startRedis, type RedisServer } from './redis-server.js';

const SLOTS = 16_384;

interface Node {
  readonly server: RedisServer;
  readonly redis: Redis;
  readonly id: string;
}

/** A small Redis Cluster of the caller's own: three masters, and one replica of the first. */
export class RedisCluster {
  readonly #masters: readonly Node[];
  readonly #replica: Node;

  private constructor(masters: readonly Node[], replica: Node) {
    this.#masters = masters;
    this.#replica = replica;
  }

  static async start(): Promise<RedisCluster> {
    const nodes = await Promise.all([0, 1, 2, 3].map(async () => await startNode()));
    const [first, ...others] = nodes as [Node, ...Node[]];
    for (const { server } of others) {
      await first.redis.cluster('MEET', server.host, server.port);
    }
    const masters = nodes.slice(0, 3);
    for (const [i, { redis }] of masters.entries()) await redis.cluster('ADDSLOTS', ...slotsOf(i));
    const replica = nodes[3]!;
    await eventually(() => replica.redis.cluster('REPLICATE', first.id), { within: 20_000 });
    const cluster = new RedisCluster(masters, replica);
    await cluster.#whenReady();
    return cluster;
  }

  /** Two of the masters: the rest is found. */
  get some(): { host: string; port: number }[] {
    return this.#masters.slice(1).map(({ server: { host, port } }) => ({ host, port }));
  }

  /** The masters, the one with a replica first. */
  get servers(): readonly RedisServer[] {
    return this.#masters.map(({ server }) => server);
  }

  /** Whether the keys with this tag are on the first master. */
  async isOnFirst(tag: string): Promise<boolean> {
    const slot = await this.#slotOf(tag);
    return slot < slotsOf(0).length;
  }

  /** How many keys with this tag a master has. */
  async countOn(master: number, tag: string): Promise<number> {
    const { redis } = this.#masters[master]!;
    return await redis.cluster('COUNTKEYSINSLOT', await this.#slotOf(tag));
  }

  /** Resolves when the replica of the first master has all it has. */
  async replicated(): Promise<void> {
    const offset = async ({ redis }: Node): Promise<string> =>
      /(?:master_repl_offset|slave_repl_offset):(\d+)/.exec(await redis.info('replication'))?.[1] ??
      '';
    const [first] = this.#masters as [Node];
    await eventually(async () => (await offset(first)) === (await offset(this.#replica)));
  }

  /** Moves the slot of a tag, key by key. */
  async reshard(tag: string, from: number, to: number): Promise<void> {
    const source = this.#masters[from]!;
    const target = this.#masters[to]!;
    const slot = await this.#slotOf(tag);
    await target.redis.cluster('SETSLOT', slot, 'IMPORTING', source.id);
    await source.redis.cluster('SETSLOT', slot, 'MIGRATING', target.id);
    const { host, port } = target.server;
    for (;;) {
      const keys = await source.redis.cluster('GETKEYSINSLOT', slot, 100);
      if (keys.length === 0) break;
      await source.redis.migrate(host, port, '', 0, 2_000, 'KEYS', ...keys);
    }
    for (const { redis } of [target, source, ...this.#masters]) {
      await redis.cluster('SETSLOT', slot, 'NODE', target.id);
    }
  }

  async stop(): Promise<void> {
    const nodes = [...this.#masters, this.#replica];
    for (const { redis } of nodes) redis.disconnect();
    await Promise.all(nodes.map(async ({ server }) => await server.stop()));
  }

  async #slotOf(tag: string): Promise<number> {
    return await this.#masters[1]!.redis.cluster('KEYSLOT', tag);
  }

  async #whenReady(): Promise<void> {
    const nodes = [...this.#masters, this.#replica];
    await eventually(
      async () => {
        for (const { redis } of nodes) {
          const info = await redis.cluster('INFO');
          if (!/cluster_state:ok/.test(info) || !/cluster_known_nodes:4/.test(info)) return false;
        }
        return /master_link_status:up/.test(await this.#replica.redis.info('replication'));
      },
      { within: 30_000, every: 50 },
    );
  }
}

async function startNode(): Promise<Node> {
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
  const server = await startRedis({ args: [...options, '--cluster-replica-validity-factor', '0'] });
  const redis = new Redis(server.url);
  redis.on('error', () => undefined);
  return { server, redis, id: await redis.cluster('MYID') };
}

/** The slots of a master. */
function slotsOf(master: number): number[] {
  const from = Math.floor((SLOTS * master) / 3);
  const to = Math.floor((SLOTS * (master + 1)) / 3);
  return Array.from({ length: to - from }, (_, i) => from + i);
}
