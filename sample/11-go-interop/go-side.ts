import { Redis } from 'ioredis';
import { orders, redis as address, users } from './shared.js';

const connect = (): Redis => new Redis({ ...address, maxRetriesPerRequest: null });

/**
 * Stands in for the Go programs in `go/` where there is no Go: the commands that Go-Broker sends, in plain ioredis, with
 * nothing of this package in it.
 */
export class GoSide {
  readonly #redis = connect();
  readonly #reader = connect();
  readonly #subscriber = connect();
  readonly mails: string[] = [];
  #call = 0;
  #closed = false;

  /** `go/worker`: `OnTask("users.mail")` and `OnRequest("users.GET_INFO")`. */
  async run(): Promise<void> {
    const { stream, group } = users;
    await this.#redis.xgroup('CREATE', stream, group, '$', 'MKSTREAM').catch(() => 'it is there');
    void this.#work();
  }

  /** `go/client`: `Enqueue` */
  async enqueue(name: string, payload: unknown): Promise<void> {
    await this.#redis.xadd(orders.stream, '*', ...this.#fields('task', name, payload));
  }

  /** `go/client`: `Request` */
  async request(name: string, payload: unknown): Promise<string> {
    const id = `go-${(this.#call += 1)}`;
    const channel = `reply:${id}`;
    const reply = new Promise<string>((resolve) =>
      this.#subscriber.on('message', (of, text) => of === channel && resolve(text)),
    );
    await this.#subscriber.subscribe(channel);
    const fields = [...this.#fields('rpc', name, payload), 'reply_to', channel];
    await this.#redis.xadd(orders.stream, '*', ...fields, 'correlation_id', id);
    const { body, error } = JSON.parse(await reply) as { body: string; error: string };
    if (error !== '') throw new Error(error);
    return Buffer.from(body, 'base64').toString();
  }

  /** `go/client`: `Publish` */
  async publish(channel: string, payload: unknown): Promise<void> {
    await this.#redis.publish(channel, JSON.stringify(payload));
  }

  close(): void {
    this.#closed = true;
    for (const redis of [this.#redis, this.#reader, this.#subscriber]) redis.disconnect();
  }

  #fields(type: 'task' | 'rpc', name: string, payload: unknown): string[] {
    return ['payload', JSON.stringify(payload), 'name', name, 'type', type];
  }

  async #work(): Promise<void> {
    const from = ['COUNT', 10, 'BLOCK', 2_000, 'STREAMS', users.stream, '>'] as const;
    while (!this.#closed) {
      const reply = await this.#reader
        .call('XREADGROUP', 'GROUP', users.group, 'go-1', ...from)
        .catch(() => null);
      const entries = (reply as [string, [string, string[]][]][] | null)?.[0]?.[1] ?? [];
      for (const [id, fields] of entries) await this.#handle(id, fields);
    }
  }

  /** What it has no handler for, a Go worker acknowledges and drops. */
  async #handle(id: string, fields: readonly string[]): Promise<void> {
    const value = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
    const payload = JSON.parse(value('payload')) as { id: number; to: string };
    if (value('name') === 'users.mail') this.mails.push(payload.to);
    if (value('name') === 'users.GET_INFO') {
      const info = JSON.stringify({ id: payload.id, email: `user${payload.id}@example.com` });
      const body = Buffer.from(info).toString('base64');
      const answer = { correlation_id: value('correlation_id'), body, error: '' };
      await this.#redis.publish(value('reply_to'), JSON.stringify(answer));
    }
    await this.#redis.xack(users.stream, users.group, id);
  }
}
