import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import { getPartsToken } from '../../config/index.js';
import type { Health, Runtime } from '../../runtime/index.js';

/** What is asked. @publicApi */
export interface BrokerHealthOptions {
  /** Which broker, as in `BrokerModule.forRoot({ name })`. Default: the default one. */
  readonly broker?: string;
}

type Details = Omit<Health, 'status'> & { readonly state: Health['status'] };
type Result<Key extends string> = HealthIndicatorResult<Key, 'up' | 'down', Details>;

/**
 * Health checks for `@nestjs/terminus`: put it among the providers of the module with the health controller. It asks
 * the broker of the app over the connections that are in use, and never throws.
 * @publicApi
 */
@Injectable()
export class BrokerHealthIndicator {
  private readonly moduleRef: ModuleRef;

  constructor(@Inject(ModuleRef) moduleRef: ModuleRef) {
    this.moduleRef = moduleRef;
  }

  /**
   * Liveness: `down` when the process should be restarted. A backend that is away or a shutdown is no reason.
   * @param key what the result is called
   */
  async live<Key extends string>(key: Key, options?: BrokerHealthOptions): Promise<Result<Key>> {
    const health = await this.ask(options);
    return result(key, health.live, health);
  }

  /**
   * Readiness: `up` while the instance works. `down` when its backend cannot be reached, when it is no member, and
   * from the beginning of its shutdown.
   * @param key what the result is called
   */
  async ready<Key extends string>(key: Key, options?: BrokerHealthOptions): Promise<Result<Key>> {
    const health = await this.ask(options);
    return result(key, health.ready, health);
  }

  private async ask(options: BrokerHealthOptions = {}): Promise<Health> {
    const token = getPartsToken(options.broker);
    const parts = this.moduleRef.get<{ readonly runtime: Runtime }>(token, { strict: false });
    return await parts.runtime.health();
  }
}

function result<Key extends string>(
  key: Key,
  isUp: boolean,
  { status: state, ...facts }: Health,
): Result<Key> {
  const details = { status: isUp ? ('up' as const) : ('down' as const), state, ...facts };
  return { [key]: details } as Result<Key>;
}
