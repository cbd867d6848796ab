import type { FaultApp } from './fault-app.js';

/** How many reads wait at Redis. */
export const waitingReads = async ({ redis }: FaultApp): Promise<number> =>
  String(await redis.client('LIST')).match(/cmd=xreadgroup/g)?.length ?? 0;
