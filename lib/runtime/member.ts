import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Member } from '../backend/index.js';
import type { HandlerRegistry } from './handler-registry.js';
import type { RuntimeSettings } from './settings.js';

/** A name no consumer ever had. */
export const newConsumerId = (service: string): string =>
  `${service}-${hostname()}-${process.pid}-${randomBytes(6).toString('base64url')}`;

/** A new membership of this instance. */
export function newMember(settings: RuntimeSettings, registry: HandlerRegistry): Member {
  const { service, instanceName, heartbeatTtl, streamLength, overflow, rpc } = settings;
  return {
    consumer: newConsumerId(service),
    service,
    instanceName,
    ttl: heartbeatTtl,
    names: registry.addresses.map(([address, handler]) => ({
      address,
      own: handler.concurrency !== undefined,
    })),
    ...(streamLength === undefined ? {} : { streamLength }),
    overflow,
    maxWaiting: rpc.maxWaiting,
  };
}
