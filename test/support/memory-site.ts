import { MemoryBackend } from '../../lib/backend/memory/index.js';
import type { MemoryHub } from '../../lib/backend/memory/hub.js';
import { hubs } from '../../lib/backend/memory/hubs.js';
import { ManualClock } from './manual-clock.js';
import { auditHub } from './memory-audit.js';
import type { ConnectOptions, Site } from './site.js';
import { uniqueName } from './unique-name.js';

export interface MemorySite extends Site {
  readonly clock: ManualClock;
  /** The state itself, while a client is connected. */
  readonly hub: MemoryHub;
}

/** A turn of the event loop takes a message one step further; nothing takes more steps than this. */
const TURNS = 4;

export async function createMemorySite(): Promise<MemorySite> {
  const clock = new ManualClock();
  const app = { prefix: 'test', appName: uniqueName('app') };
  const clients: MemoryBackend[] = [];
  const findHub = (): MemoryHub => {
    const hub = hubs.find(app, clock);
    if (hub === undefined) throw new Error('no client of this site is connected');
    return hub;
  };
  return {
    clock,
    get hub() {
      return findHub();
    },
    async connect(options: ConnectOptions = {}) {
      const client = new MemoryBackend({ ...app, clock, overflow: 'reject', ...options });
      clients.push(client);
      await client.connect();
      return client;
    },
    async passTime(ms) {
      clock.advance(ms);
    },
    async calm() {
      for (let turn = 0; turn < TURNS; turn++) await new Promise(setImmediate);
    },
    async audit() {
      return auditHub(findHub());
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
