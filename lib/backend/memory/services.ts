import { type Address, addressKind } from '../../message/index.js';
import type { Member } from '../index.js';
import type { Seat } from './seat.js';

/** A service with at least one member. Its bounds are those of whoever joined last. */
export interface Service {
  readonly name: string;
  readonly bounds: Pick<Member, 'streamLength' | 'overflow' | 'maxWaiting'>;
  /** Addresses of the tasks that its members handle. */
  readonly tasks: ReadonlySet<string>;
  readonly seats: ReadonlySet<Seat>;
}

/** The services that take part. */
export class Services {
  readonly #services = new Map<string, Service>();

  find(name: string): Service | undefined {
    return this.#services.get(name);
  }

  add(seat: Seat): void {
    const name = seat.member.service;
    const seats = new Set(this.#services.get(name)?.seats).add(seat);
    this.#services.set(name, { name, bounds: seat.member, seats, tasks: tasksOf(seats) });
  }

  remove(seat: Seat): void {
    const service = this.#services.get(seat.member.service);
    if (service === undefined) return;
    const seats = new Set(service.seats);
    seats.delete(seat);
    if (seats.size === 0) this.#services.delete(service.name);
    else this.#services.set(service.name, { ...service, seats, tasks: tasksOf(seats) });
  }
}

function tasksOf(seats: Iterable<Seat>): Set<string> {
  const tasks = new Set<string>();
  for (const { names } of seats) {
    for (const address of names.keys()) {
      if (addressKind(address as Address) === 'task') tasks.add(address);
    }
  }
  return tasks;
}
