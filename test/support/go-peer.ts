import { randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { Redis } from 'ioredis';

/** What a Go-Broker handler gets: bytes. */
export type GoTask = (payload: Buffer) => Promise<void> | void;
/** A Go-Broker handler answers with bytes, or with an error. */
export type GoRequest = (payload: Buffer) => Promise<Buffer | undefined> | Buffer | undefined;

export interface GoPeerOptions {
  readonly url: string;
  readonly stream: string;
  readonly group: string;
  /** `WithMaxJobs`; default 10, as theirs. */
  readonly maxJobs?: number;
  /** Their own is host and process id. */
  readonly consumer?: string;
}

interface GoReply {
  readonly correlation_id: string;
  readonly body: string | null;
  readonly error: string;
}

type Streams = readonly (readonly [Buffer, readonly (readonly [Buffer, readonly Buffer[]])[]])[];

/** Their counter belongs to the process: two of them on one host make the same ids. */
let calls = 0;
const nextId = (): string => `${hostname()}-${(calls += 1).toString(36)}`;

/**
 * A Go-Broker service, in plain ioredis: the same commands with the same arguments in the same order, and none of ours.
 * It reads as many as it has slots, acknowledges whatever became of it, never deletes, makes its group at the end of
 * the stream, and drops what it has no handler for.
 */
export class GoPeer {
  readonly #options: GoPeerOptions;
  readonly #command: Redis;
  readonly #connections: Redis[] = [];
  readonly #tasks = new Map<string, GoTask>();
  readonly #requests = new Map<string, GoRequest>();
  readonly #events = new Map<string, GoTask>();
  readonly #running = new Set<Promise<void>>();
  #fast: Promise<Redis> | undefined;
  readonly #waiters = new Map<string, (reply: string) => void>();
  #closed = false;
  #reading: Promise<void> | undefined;

  constructor(options: GoPeerOptions) {
    this.#options = options;
    this.#command = this.#connect();
  }

  /** `app.OnTask` */
  onTask(name: string, handler: GoTask): void {
    this.#tasks.set(name, handler);
  }

  /** `app.OnRequest` */
  onRequest(name: string, handler: GoRequest): void {
    this.#requests.set(name, handler);
  }

  /** `app.OnEvent` */
  onEvent(channel: string, handler: GoTask): void {
    this.#events.set(channel, handler);
  }

  /** `app.Run`; resolves when it reads and its subscriptions are in force. */
  async run(): Promise<void> {
    const { stream, group } = this.#options;
    try {
      await this.#command.xgroup('CREATE', stream, group, '$', 'MKSTREAM');
    } catch (error) {
      // theirs logs it, whatever it is
      if (!String(error).includes('BUSYGROUP')) throw error;
    }
    await this.#listen();
    this.#reading = this.#consume(this.#connect());
  }

  /** `app.Enqueue`; returns the id of the entry. */
  async enqueue(name: string, payload: unknown): Promise<string> {
    return await this.#add({ type: 'task', name, payload: marshal(payload) });
  }

  /** `app.Publish` */
  async publish(channel: string, payload: unknown): Promise<void> {
    await this.#command.publish(channel, marshal(payload));
  }

  /** `app.Request`: a subscription for each call. */
  async request(name: string, payload: unknown, timeout = 5_000): Promise<Buffer | undefined> {
    const id = nextId();
    const channel = `reply:${id}`;
    const subscription = this.#connect();
    try {
      await subscription.subscribe(channel);
      const reply = new Promise<string>((resolve, reject) => {
        subscription.on('message', (_, message: string) => resolve(message));
        setTimeout(() => reject(new Error('context deadline exceeded')), timeout).unref();
      });
      await this.#ask(name, payload, id);
      return unmarshal(await reply);
    } finally {
      subscription.disconnect();
    }
  }

  /** `app.RequestFast`: one subscription to the replies of everybody. */
  async requestFast(name: string, payload: unknown, timeout = 5_000): Promise<Buffer | undefined> {
    this.#fast ??= this.#listenFast();
    await this.#fast;
    const id = nextId();
    const reply = new Promise<string>((resolve, reject) => {
      this.#waiters.set(id, resolve);
      setTimeout(() => reject(new Error('context deadline exceeded')), timeout).unref();
    });
    await this.#ask(name, payload, id);
    return unmarshal(await reply);
  }

  /** Ends after what runs has ended, as theirs when its context is cancelled. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#running);
    for (const connection of this.#connections) connection.disconnect();
    await this.#reading;
  }

  async #ask(name: string, payload: unknown, id: string): Promise<void> {
    const fields = { type: 'rpc', name, payload: marshal(payload) };
    await this.#add({ ...fields, reply_to: `reply:${id}`, correlation_id: id });
  }

  /** Their fields come out of a map: in any order. */
  async #add(fields: Readonly<Record<string, string | Buffer>>): Promise<string> {
    const shuffled = Object.entries(fields)
      .map((field) => ({ field, at: randomInt(1_000_000) }))
      .toSorted((a, b) => a.at - b.at)
      .flatMap(({ field }) => field);
    return (await this.#command.xadd(this.#options.stream, '*', ...shuffled)) as string;
  }

  async #listen(): Promise<void> {
    if (this.#events.size === 0) return;
    const subscriber = this.#connect();
    subscriber.on('messageBuffer', (channel: Buffer, payload: Buffer) => {
      void this.#events.get(String(channel))?.(payload);
    });
    await subscriber.subscribe(...this.#events.keys());
  }

  async #listenFast(): Promise<Redis> {
    const subscriber = this.#connect();
    subscriber.on('pmessage', (_, channel: string, message: string) => {
      const id = channel.slice('reply:'.length);
      this.#waiters.get(id)?.(message);
      this.#waiters.delete(id);
    });
    await subscriber.psubscribe('reply:*');
    return subscriber;
  }

  async #consume(reader: Redis): Promise<void> {
    const { stream, group, maxJobs = 10 } = this.#options;
    const { consumer = `${hostname()}-${process.pid}` } = this.#options;
    const from = ['COUNT', maxJobs, 'BLOCK', 2_000, 'STREAMS', stream, '>'] as const;
    while (!this.#closed) {
      let reply: Streams | null;
      try {
        const args = ['GROUP', group, consumer, ...from];
        reply = (await reader.callBuffer('XREADGROUP', ...args)) as Streams | null;
      } catch {
        // theirs sleeps for 150 ms and tries again, for ever
        await new Promise((resolve) => setTimeout(resolve, 150));
        continue;
      }
      for (const [id, fields] of (reply ?? []).flatMap(([, entries]) => entries)) {
        while (this.#running.size >= maxJobs) await Promise.race(this.#running);
        this.#start(String(id), fields);
      }
    }
  }

  #start(id: string, fields: readonly Buffer[]): void {
    const work = this.#route(id, fields).then(
      () => void this.#running.delete(work),
      () => void this.#running.delete(work),
    );
    this.#running.add(work);
  }

  async #route(id: string, fields: readonly Buffer[]): Promise<void> {
    const value = (name: string): Buffer | undefined => {
      const at = fields.findIndex((field, i) => i % 2 === 0 && String(field) === name);
      return at === -1 ? undefined : fields[at + 1];
    };
    const name = String(value('name') ?? '');
    const payload = value('payload') ?? Buffer.alloc(0);
    try {
      if (String(value('type')) === 'task') await this.#tasks.get(name)?.(payload);
      if (String(value('type')) !== 'rpc') return;
      const handler = this.#requests.get(name);
      if (handler === undefined) return;
      const reply = await this.#answer(handler, payload, String(value('correlation_id') ?? ''));
      await this.#command.publish(String(value('reply_to') ?? ''), JSON.stringify(reply));
    } finally {
      await this.#command.xack(this.#options.stream, this.#options.group, id);
    }
  }

  async #answer(handler: GoRequest, payload: Buffer, id: string): Promise<GoReply> {
    try {
      const body = await handler(payload);
      return { correlation_id: id, body: body?.toString('base64') ?? null, error: '' };
    } catch (error) {
      return { correlation_id: id, body: null, error: (error as Error).message };
    }
  }

  #connect(): Redis {
    const redis = new Redis(this.#options.url, { maxRetriesPerRequest: null });
    // a test that takes the server away sees in its own way what is wrong
    redis.on('error', () => undefined);
    this.#connections.push(redis);
    return redis;
  }
}

/** Bytes as they are, everything else as JSON. */
const marshal = (payload: unknown): string | Buffer =>
  Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);

function unmarshal(text: string): Buffer | undefined {
  const reply = JSON.parse(text) as GoReply;
  if (reply.error !== '') throw new Error(reply.error);
  return reply.body === null ? undefined : Buffer.from(reply.body, 'base64');
}
