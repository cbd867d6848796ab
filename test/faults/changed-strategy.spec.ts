import { describe } from 'vitest';
import { InvalidConfigError } from '../../lib/errors/index.js';
import { TTL } from './broker.js';
import { faultTest } from './fault-test.js';
import { pass } from './pass.js';

const tasks = ['work'];
const inTurn = { balancer: { strategy: 'round_robin' as const } };
const weighted = { balancer: { strategy: 'weighted' as const } };

describe.concurrent('another strategy', () => {
  faultTest(
    'starts after the last instance was killed, though nobody evicted it',
    async ({ app, expect }) => {
      const dead = await app.spawn({ tasks, settings: inTurn });
      const sender = app.broker();
      await sender.runtime.connect();
      await sender.runtime.sender.enqueue([{ name: 'work', data: { n: 0, hold: true } }]);
      await dead.facts.until(({ what }) => what === 'started');
      await dead.kill();

      const [refused] = await Promise.allSettled([app.start({ tasks, settings: weighted })]);
      expect(refused).toMatchObject({ reason: expect.any(InvalidConfigError) as unknown });
      await pass(TTL);
      const heir = await app.start({ tasks, settings: weighted });

      await heir.facts.until(({ what, n }) => what === 'started' && n === 0);
      heir.workshop.release(0);
      await app.counted({ done: 1, lost: 1 });
    },
  );

  faultTest('never starts beside one that lives', async ({ app, expect }) => {
    await app.start({
      tasks,
      settings: { ...inTurn, balancer: { ...inTurn.balancer, weight: 0 } },
    });
    await expect(app.start({ tasks, settings: weighted })).rejects.toThrow(
      'follows round_robin here, this instance wants weighted',
    );
  });
});
