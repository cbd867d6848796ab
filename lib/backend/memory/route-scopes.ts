import { RouteScope } from './route-scope.js';
import type { Seat } from './seat.js';

const keyOf = (service: string, group: string): string => JSON.stringify([service, group]);

/** Every group of every service, for as long as it has members. */
export class RouteScopes {
  readonly #scopes = new Map<string, RouteScope>();

  find(service: string, group: string): RouteScope | undefined {
    return this.#scopes.get(keyOf(service, group));
  }

  /** Those that the member belongs to. */
  of({ member }: Seat): RouteScope[] {
    return member.groups
      .map(({ name }) => this.find(member.service, name))
      .filter((scope) => scope !== undefined);
  }

  add(seat: Seat): void {
    const { service, groups } = seat.member;
    for (const { name, rule } of groups) {
      const scope = this.find(service, name) ?? new RouteScope(service, name, rule);
      this.#scopes.set(keyOf(service, name), scope);
      scope.add(seat, rule);
    }
  }

  remove(seat: Seat): void {
    for (const scope of this.of(seat)) {
      scope.remove(seat);
      if (scope.size === 0) this.#scopes.delete(keyOf(scope.service, scope.group));
    }
  }
}
