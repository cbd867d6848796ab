import type { Seat } from './seat.js';

/** Whose an address is: the service of all its handlers, and their group, if there is just one. */
export interface AddressOwner {
  readonly service: string;
  readonly group: string | undefined;
}

interface Handlers {
  readonly seats: Set<Seat>;
  /** Absent: several services. */
  owner: AddressOwner | undefined;
}

/** The names table: which members handle an address. */
export class Names {
  readonly #handlers = new Map<string, Handlers>();

  add(seat: Seat): void {
    for (const address of seat.names.keys()) {
      const seats = this.#handlers.get(address)?.seats ?? new Set();
      seats.add(seat);
      this.#handlers.set(address, { seats, owner: soleOwner(address, seats) });
    }
  }

  remove(seat: Seat): void {
    for (const address of seat.names.keys()) {
      const handlers = this.#handlers.get(address);
      handlers?.seats.delete(seat);
      if (handlers?.seats.size === 0) this.#handlers.delete(address);
      else if (handlers !== undefined) handlers.owner = soleOwner(address, handlers.seats);
    }
  }

  all(): Iterable<string> {
    return this.#handlers.keys();
  }

  handlers(address: string): number {
    return this.#handlers.get(address)?.seats.size ?? 0;
  }

  ownerOf(address: string): AddressOwner | undefined {
    return this.#handlers.get(address)?.owner;
  }
}

function soleOwner(address: string, seats: Iterable<Seat>): AddressOwner | undefined {
  const services = new Set<string>();
  const groups = new Set<string | undefined>();
  for (const { member, names } of seats) {
    services.add(member.service);
    groups.add(names.get(address));
  }
  const [service] = services;
  const [group] = groups;
  if (service === undefined || services.size > 1) return undefined;
  return { service, group: groups.size === 1 ? group : undefined };
}
