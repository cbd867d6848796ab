import { parseRule } from '../../balancer/index.js';
import { unpack } from '../../codec/index.js';
import type { Beat, Lease, Member, Routes } from '../index.js';

/** A time a script returned, if there was one. */
export const due = (value: Buffer): number | undefined =>
  value.length === 0 ? undefined : Number(value);

export function toBeat(reply: unknown, held: readonly Lease[]): Beat {
  const [status, now, nextDue, leader, expired, lost, weight, paused, resting] = reply as [
    Buffer,
    Buffer,
    Buffer | undefined,
    number | undefined,
    readonly Buffer[] | undefined,
    readonly number[] | undefined,
    Buffer | undefined,
    readonly Buffer[] | undefined,
    number | undefined,
  ];
  const next = nextDue === undefined ? undefined : due(nextDue);
  return {
    status: String(status) === 'alive' ? 'alive' : 'evicted',
    lost: (lost ?? []).map((index) => held[index]!),
    now: Number(now),
    ...(next === undefined ? {} : { nextDue: next }),
    expired: (expired ?? []).map(String),
    leader: Number(leader) === 1,
    weight: Number(weight ?? 0),
    memberPaused: resting === 1,
    paused: (paused ?? []).map(String),
  };
}

/** The reply of routes.lua. */
export function toRoutes(reply: unknown): Routes | undefined {
  const list = reply as readonly unknown[];
  if (list.length === 0) return undefined;
  const [epoch, service, group, rule] = list.map(String) as [string, string, string, string];
  const flat = list[4] as readonly (Buffer | number)[];
  const consumers = Array.from({ length: flat.length / 4 }, (_, i) => {
    const [id, meta, weight, load] = flat.slice(i * 4, i * 4 + 4);
    const { instanceName } = unpack(meta as Buffer) as Member;
    return { id: String(id), instanceName, weight: Number(weight), load: Number(load) };
  });
  return { epoch: Number(epoch), service, group, rule: parseRule(rule), consumers };
}
