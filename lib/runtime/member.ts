import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Member } from '../backend/index.js';
import type { HandlerRegistry } from './handler-registry.js';
import type { Pools } from './pools.js';
import type { RuntimeSettings } from './settings.js';
import type { Strategies } from './strategies.js';

/** A name no consumer ever had. */
export const newConsumerId = (service: string): string =>
  `${service}-${hostname()}-${process.pid}-${randomBytes(6).toString('base64url')}`;

export interface MemberParts {
  readonly settings: RuntimeSettings;
  readonly pools: Pools;
  readonly registry: HandlerRegistry;
  readonly strategies: Strategies;
}

/** A new membership of this instance. */
export function newMember(
  parts: MemberParts,
  { weight, paused }: Pick<Member, 'weight' | 'paused'>,
): Member {
  const { settings, pools, registry, strategies } = parts;
  const { service, instanceName, balancer, streamLength, overflow, rpc, events } = settings;
  const subscriptions = registry.subscriptions.map(([address, { name, durable }]) => ({
    address,
    event: name,
    from: durable.from,
    ...events,
  }));
  return {
    consumer: newConsumerId(service),
    service,
    instanceName,
    ttl: balancer.heartbeatTtl,
    weight,
    ...(paused === true ? { paused } : {}),
    ...pools.describe(strategies),
    ...(streamLength === undefined ? {} : { streamLength }),
    overflow,
    maxWaiting: rpc.maxWaiting,
    ...(subscriptions.length === 0 ? {} : { subscriptions }),
  };
}
