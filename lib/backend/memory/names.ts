import type { Seat } from './seat.js';

interface Handlers {
  readonly seats: Set<Seat>;
  /** The service of all of them, if there is just one. */
  owner: string | undefined;
}

/** The names table: which members handle an address. */
export class Names {
  readonly #handlers = new Map<string, Handlers>();

  add(seat: Seat): void {
    for (const address of seat.names.keys()) {
      const seats = this.#handlers.get(address)?.seats ?? new Set();
      seats.add(seat);
      this.#handlers.set(address, { seats, owner: soleService(seats) });
    }
  }

  remove(seat: Seat): void {
    for (const address of seat.names.keys()) {
      const handlers = this.#handlers.get(address);
      handlers?.seats.delete(seat);
      if (handlers?.seats.size === 0) this.#handlers.delete(address);
      else if (handlers !== undefined) handlers.owner = soleService(handlers.seats);
    }
  }

  all(): Iterable<string> {
    return this.#handlers.keys();
  }

  handlers(address: string): number {
    return this.#handlers.get(address)?.seats.size ?? 0;
  }

  ownerOf(address: string): string | undefined {
    return this.#handlers.get(address)?.owner;
  }
}

function soleService(seats: Iterable<Seat>): string | undefined {
  const services = new Set<string>();
  for (const { member } of seats) services.add(member.service);
  const [service] = services;
  return services.size === 1 ? service : undefined;
}
