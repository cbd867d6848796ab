import { type Address, addressKind, addressName, subscriberOf } from '../../message/index.js';
import {
  queuesOf,
  type ConsumerInfo,
  type InspectorPort,
  type MessagePage,
  type MessageQuery,
  type NameStats,
  type QueueInfo,
  type QueueStats,
  type WaitingFor,
} from '../index.js';
import { browse } from './browse.js';
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
      at: hub.clock.now(),
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

  async backlog(consumer: string): Promise<WaitingFor | undefined> {
    const { streams, members, clock } = this.#connection.hub;
    const seat = members.find(consumer);
    if (seat === undefined) return undefined;
    const { names, groups } = seat.member;
    const ids = [
      ...groups.map(({ name }) => laneId(consumer, name)),
      ...names.map(({ address }) => address),
    ];
    const places = ids.flatMap((id) => streams.find(id) ?? []);
    const since = Math.min(...places.map(({ head }) => head?.arrivedAt ?? Infinity));
    const waiting = places.reduce((sum, { size }) => sum + size, 0);
    return waiting === 0 ? { waiting } : { waiting, oldest: Math.max(0, clock.now() - since) };
  }

  async messages(query: MessageQuery): Promise<MessagePage> {
    return browse(this.#connection.hub, query);
  }

  async queues(): Promise<QueueInfo[]> {
    const { members, paused } = this.#connection.hub;
    const all = [...members.all()].map(({ member }) => member);
    return queuesOf(all, (service) => paused.get(service) ?? new Set());
  }

  /** How long a turn of the event loop takes: what a message waits for in memory. */
  async ping(): Promise<number> {
    const { clock } = this.#connection.hub;
    const start = clock.monotonic();
    await new Promise<void>((resolve) => new NextTurn(resolve).ask());
    return clock.monotonic() - start;
  }
}

function namesOf({ streams, holdings, members, subscriptions, clock }: MemoryHub): NameStats[] {
  const heads = new Map<string, number>();
  for (const { head } of streams.all()) {
    if (head === undefined) continue;
    const waited = Math.max(0, clock.now() - head.arrivedAt);
    heads.set(head.address, Math.max(waited, heads.get(head.address) ?? 0));
  }
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
    ...oldestOf(heads.get(address)),
    running: running.of(address),
    consumers: members.handlers(address),
  }));
}

const oldestOf = (oldest: number | undefined): { readonly oldest?: number } =>
  oldest === undefined ? {} : { oldest };

function consumerInfo({ streams, holdings, clock }: MemoryHub, seat: Seat): ConsumerInfo {
  const { id, weight, share, paused, joinedAt, lastSeen, expiresAt, processed, failed } = seat;
  const { service, instanceName, groups } = seat.member;
  return {
    id,
    service,
    instanceName,
    weight: share,
    paused,
    active: weight > 0 && expiresAt > clock.now(),
    joinedAt,
    lastSeen,
    inFlight: [...holdings.of(id)].length,
    waiting: groups.reduce((sum, { name }) => sum + (streams.find(laneId(id, name))?.size ?? 0), 0),
    processed,
    failed,
  };
}
