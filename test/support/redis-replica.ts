import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { Proxy } from './proxy.js';
import { startRedis, type RedisServer } from './redis-server.js';

const QUICK = ['--repl-diskless-sync-delay', '0'];

interface Parts {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  /** From the replica to the primary. */
  readonly between: Proxy;
  /** From applications to `target`. */
  readonly entry: Proxy;
  readonly target: { readonly host: string; port: number };
}

/** A primary and its replica, with a link between them that can be held up, and an address that stands for either. */
export class ReplicatedRedis {
  /** What applications connect to: the primary, after a failover the one in its place. */
  readonly server: RedisServer;
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  /** From outside. */
  readonly onPrimary: Redis;
  readonly onReplica: Redis;
  readonly #further: RedisServer[] = [];
  readonly #between: Proxy;
  readonly #entry: Proxy;
  readonly #target: { port: number };
  #hole: ReturnType<Proxy['blackHole']> | undefined;

  private constructor({ primary, replica, between, entry, target }: Parts) {
    this.primary = primary;
    this.replica = replica;
    this.#between = between;
    this.#entry = entry;
    this.#target = target;
    const { host, port, url } = entry;
    this.server = { ...primary, host, port, url };
    [this.onPrimary, this.onReplica] = [primary, replica].map((server) => {
      const redis = new Redis(server.url, { maxRetriesPerRequest: null });
      redis.on('error', () => undefined);
      return redis;
    }) as [Redis, Redis];
  }

  static async start(): Promise<ReplicatedRedis> {
    const primary = await startRedis({ args: QUICK });
    const between = await Proxy.start(primary);
    const from = ['--replicaof', `${between.host} ${between.port}`];
    const replica = await startRedis({ args: [...QUICK, ...from] });
    const target = { host: primary.host, port: primary.port };
    const entry = await Proxy.start(target);
    const site = new ReplicatedRedis({ primary, replica, between, entry, target });
    await site.replicated();
    return site;
  }

  /** Resolves when the replica has all that the primary has. */
  async replicated(): Promise<void> {
    await confirmed(this.onPrimary);
  }

  /** From now on the replica falls behind. */
  lag(): void {
    this.#hole = this.#between.blackHole();
  }

  /** The replica gets what it has missed. */
  catchUp(): void {
    this.#hole?.heal('deliver');
    this.#hole = undefined;
  }

  /** The primary dies, and the replica stands in its place with what it has. */
  async failOver(): Promise<void> {
    await this.primary.kill();
    await this.onReplica.replicaof('NO', 'ONE');
    this.#target.port = this.replica.port;
    this.#entry.cut();
  }

  /** The promoted one gets a replica of its own. */
  async reinforce(): Promise<void> {
    const { host, port } = this.replica;
    this.#further.push(await startRedis({ args: [...QUICK, '--replicaof', `${host} ${port}`] }));
    await confirmed(this.onReplica);
  }

  async stop(): Promise<void> {
    for (const redis of [this.onPrimary, this.onReplica]) redis.disconnect();
    const servers = [...this.#further, this.replica, this.primary];
    await Promise.all(servers.map(async (server) => await server.stop()));
    await this.#between.close();
    await this.#entry.close();
  }
}

/** Resolves when the replica of a server confirms a write, and with it all before. */
async function confirmed(redis: Redis): Promise<void> {
  await eventually(
    async () => {
      await redis.publish('tests', 'a write that replicas get');
      return (await redis.wait(1, 100)) === 1;
    },
    { within: 20_000 },
  );
}
