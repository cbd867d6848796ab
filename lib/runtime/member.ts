import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Member } from '../backend/index.js';
import type { Pools } from './pools.js';
import type { RuntimeSettings } from './settings.js';
import type { Strategies } from './strategies.js';

/** A name no consumer ever had. */
export const newConsumerId = (service: string): string =>
  `${service}-${hostname()}-${process.pid}-${randomBytes(6).toString('base64url')}`;

export interface MemberParts {
  readonly settings: RuntimeSettings;
  readonly pools: Pools;
  readonly strategies: Strategies;
}

/** A new membership of this instance. */
export function newMember({ settings, pools, strategies }: MemberParts, weight: number): Member {
  const { service, instanceName, balancer, streamLength, overflow, rpc } = settings;
  return {
    consumer: newConsumerId(service),
    service,
    instanceName,
    ttl: balancer.heartbeatTtl,
    weight,
    ...pools.describe(strategies),
    ...(streamLength === undefined ? {} : { streamLength }),
    overflow,
    maxWaiting: rpc.maxWaiting,
  };
}
