import { type Address, addressKind, addressName, subscriberOf } from '../../message/index.js';
import type { ConsumerInfo, InspectorPort, NameStats, QueueStats } from '../index.js';
import type { Connection } from './connection.js';
import type { MemoryHub } from './hub.js';
import { NextTurn } from './next-turn.js';
import type { Seat } from './seat.js';
import { laneId } from './streams.js';
import { Tally } from './tally.js';

export class MemoryInspector implements InspectorPort {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async stats(): Promise<QueueStats> {
    const { hub } = this.#connection;
    const names = namesOf(hub);
    return {
      names,
      unclaimed: names
        .filter(({ kind, consumers }) => kind === 'task' && consumers === 0)
        .reduce((sum, { waiting }) => sum + waiting, 0),
      delayed: hub.delayed.size,
      gated: hub.gate.size,
      deadLetters: hub.grave.size,
      consumers: [...hub.members.all()].map((seat) => consumerInfo(hub, seat)),
      counters: { ...hub.counters },
    };
  }

  /** How long a turn of the event loop takes: what a message waits for in memory. */
  async ping(): Promise<number> {
    const { clock } = this.#connection.hub;
    const start = clock.monotonic();
    await new Promise<void>((resolve) => new NextTurn(resolve).ask());
    return clock.monotonic() - start;
  }
}

function namesOf({ streams, holdings, members, subscriptions }: MemoryHub): NameStats[] {
  const running = new Tally();
  for (const message of holdings.all()) running.add(message.address, 1);
  const addresses = new Set([
    ...streams.waiting.names(),
    ...running.names(),
    ...members.handled(),
    ...subscriptions.all().map(({ terms }) => terms.address),
  ]) as Set<Address>;
  return [...addresses].map((address) => ({
    name: addressName(address),
    kind: addressKind(address),
    ...subscriberOf(address),
    waiting: streams.waiting.of(address),
    running: running.of(address),
    consumers: members.handlers(address),
  }));
}

function consumerInfo({ streams, holdings, clock }: MemoryHub, seat: Seat): ConsumerInfo {
  const { id, weight, joinedAt, lastSeen, expiresAt, processed, failed } = seat;
  const { service, instanceName, groups } = seat.member;
  return {
    id,
    service,
    instanceName,
    weight,
    active: weight > 0 && expiresAt > clock.now(),
    joinedAt,
    lastSeen,
    inFlight: [...holdings.of(id)].length,
    waiting: groups.reduce((sum, { name }) => sum + (streams.find(laneId(id, name))?.size ?? 0), 0),
    processed,
    failed,
  };
}
