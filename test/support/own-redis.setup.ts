import { obtainRedis } from './redis-program.js';

/** Global set-up of projects whose tests start their own servers: installs Redis once, before they run side by side. */
export function setup(): void {
  obtainRedis();
}
