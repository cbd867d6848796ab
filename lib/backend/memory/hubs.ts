import { systemClock, type Clock } from '../index.js';
import type { App } from './channel-name.js';
import { MemoryHub } from './hub.js';

interface SharedHub {
  readonly hub: MemoryHub;
  users: number;
}

/** Kept on the global object, so that two copies of the package in one process share it; the number is its layout. */
const KEY = Symbol.for('nestjs-broker:memory-hubs:2');

type Registry = Map<Clock | 'system', Map<string, SharedHub>>;

const registry: Registry = ((globalThis as { [KEY]?: Registry })[KEY] ??= new Map());

/** Every copy of the package has its own object for the one system clock. */
const identity = (clock: Clock): Clock | 'system' => (clock === systemClock ? 'system' : clock);
const keyOf = ({ prefix, appName }: App): string => JSON.stringify([prefix, appName]);

/** The hubs of this process: one for each app and clock, for as long as somebody uses it. */
export const hubs = {
  open(app: App, clock: Clock): MemoryHub {
    const apps = registry.get(identity(clock)) ?? new Map<string, SharedHub>();
    registry.set(identity(clock), apps);
    const shared = apps.get(keyOf(app)) ?? { hub: new MemoryHub(app, clock), users: 0 };
    apps.set(keyOf(app), shared);
    shared.users++;
    return shared.hub;
  },

  /** Ends one use; with the last one the hub and all that lies in it is gone. */
  close({ app, clock }: MemoryHub): void {
    const apps = registry.get(identity(clock));
    const shared = apps?.get(keyOf(app));
    if (apps === undefined || shared === undefined || --shared.users > 0) return;
    apps.delete(keyOf(app));
    if (apps.size === 0) registry.delete(identity(clock));
  },

  find: (app: App, clock: Clock): MemoryHub | undefined =>
    registry.get(identity(clock))?.get(keyOf(app))?.hub,
};
