import { Redis } from 'ioredis';
import type { BrokerOptions } from 'nestjs-broker';
import { GoPeer } from '../support/go-peer.js';
import { sharedRedis } from '../support/redis-server.js';
import { LogBook, brokerOptions, closing } from '../support/test-app.js';
import { uniqueName } from '../support/unique-name.js';

class Connection extends Redis {
  constructor() {
    super(sharedRedis().url);
  }

  async close(): Promise<void> {
    this.disconnect();
  }
}

/** One stream, with whoever takes part. */
export class WireScene {
  readonly stream = uniqueName('stream');
  readonly group = 'workers';
  readonly redis: Redis = closing(new Connection());
  /** What our brokers say. */
  readonly book = new LogBook();

  options(options: BrokerOptions = {}): BrokerOptions {
    const { stream, group, book: logger } = this;
    return brokerOptions('redis', { stream, group, logger, ...options });
  }

  peer(options: { readonly consumer?: string; readonly maxJobs?: number } = {}): GoPeer {
    const { stream, group } = this;
    return closing(new GoPeer({ url: sharedRedis().url, stream, group, ...options }));
  }

  get length(): Promise<number> {
    return this.redis.xlen(this.stream);
  }

  async pending(): Promise<number> {
    return Number((await this.redis.xpending(this.stream, this.group))[0]);
  }
}
