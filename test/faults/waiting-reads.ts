import type { FaultApp } from './fault-app.js';

/** The connections whose reads wait at Redis, as Redis numbers them. */
export async function waitingReads({ redis }: FaultApp): Promise<string[]> {
  const lines = String(await redis.client('LIST')).split('\n');
  return lines.flatMap((line) =>
    line.includes(' cmd=xreadgroup ') ? [/^id=(\d+)/.exec(line)?.[1] ?? ''] : [],
  );
}
