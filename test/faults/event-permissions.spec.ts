import { describe, expect } from 'vitest';
import type { FaultApp } from './fault-app.js';
import { faultTest } from './fault-test.js';

/** A user that may use these channels, and everything else. */
async function allow(app: FaultApp, ...channels: readonly string[]): Promise<void> {
  const rules = ['reset', 'on', '>secret', '~*', '+@all', ...channels];
  await app.redis.call('ACL', 'SETUSER', 'modest', ...rules);
}

describe('a user that may use the channels of the app alone', () => {
  const as = 'modest:secret';

  faultTest('hears events, but has no wildcards that nobody allowed', async ({ app }) => {
    await allow(app, '&test:*');
    await app.start({ events: ['news.eu'], as });
    await expect(app.start({ events: ['news.eu', 'news.*'], as })).rejects.toMatchObject({
      code: 'BACKEND_REFUSED',
      message: expect.stringContaining('NOPERM') as string,
    });

    const events = app.keys.channel('event');
    await allow(app, '&test:*', `&${events}news.*`);
    const { facts, runtime } = await app.start({ events: ['news.*', 'news.>'], as });
    await runtime.sender.publish('news.eu', { n: 1 });
    await facts.count(2, ({ what }) => what === 'event');
  });
});
