import { describe } from 'vitest';
import { ask } from './ask.js';
import { withHandler } from './failing-scene.js';
import { faultTest } from './fault-test.js';
import { type Work, machineTime } from './work.js';

describe.concurrent('a message', () => {
  faultTest(
    'whose payload cannot be decoded goes to the dead letters at once',
    async ({ app, expect }) => {
      const scene = await withHandler(app, () => undefined);
      const envelope = { unique: 'broken', address: 't:fails', key: 'k' } as const;
      await scene.backend.queue.add([{ envelope, payload: '{ "half": ' }], 5_000);
      await app.counted({ dead: 1 });
      await scene.runtime.sender.enqueue([{ name: 'fails', data: {}, options: { key: 'k' } }]);
      await app.counted({ done: 1 });

      const [letter] = await scene.runtime.deadLetters.list({ count: 1 });
      expect(scene.attempts).toHaveLength(1);
      expect(letter).toMatchObject({
        reason: 'undecodable',
        error: { name: 'CodecError', code: 'CODEC' },
      });
      expect(String(letter?.payload)).toBe('{ "half": ');
    },
  );

  faultTest('whose header is damaged goes to the dead letters at once', async ({ app, expect }) => {
    const scene = await withHandler(app, () => undefined);
    const stream = app.keys.stream('t:fails');
    await app.redis.xadd(stream, '*', 'm', Buffer.from([0, 0, 0, 3, 1, 0x93, 0xff, 0x78]));
    await app.redis.xadd(stream, '*', 'm', Buffer.from([0, 0, 0, 200, 1, 0x80]));
    await app.redis.xadd(stream, '*', 'm', 'xyz');
    await app.redis.xadd(stream, '*', 'who', 'knows');
    await scene.runtime.sender.enqueue([{ name: 'neighbour', data: {} }]);
    await scene.neighbour.next();

    await app.counted({ done: 1, dead: 4 });
    expect(scene.attempts).toEqual([]);
    const letters = await scene.runtime.deadLetters.list({ count: 10 });
    expect(letters).toHaveLength(4);
    for (const letter of letters) {
      expect(letter).toMatchObject({ reason: 'undecodable', error: { code: 'CODEC' } });
    }
    expect(String(letters[0]?.payload)).toBe('x');
  });

  faultTest(
    'that nobody handles waits, is counted, and is done by whoever comes',
    async ({ app, expect }) => {
      const scene = await withHandler(app, () => undefined);
      await scene.runtime.sender.enqueue([
        { name: 'nobody', data: { n: 1 } },
        { name: 'neighbour', data: {} },
      ]);
      await scene.neighbour.next();

      expect(await app.stats()).toMatchObject({ unclaimed: 1, deadLetters: 0 });
      const late = await app.start({ tasks: ['nobody'] });
      await late.facts.until(({ what }) => what === 'ended');
      await app.counted({ done: 2 });
    },
  );

  faultTest('that asks what nobody answers is refused at once', async ({ app, expect }) => {
    const scene = await withHandler(app, () => undefined);
    const start = machineTime();
    const answer = ask(scene.runtime.sender, { name: 'nobody', options: { timeout: 20_000 } });

    await expect(answer).rejects.toMatchObject({ code: 'NO_HANDLER', outcome: 'not-sent' });
    expect(machineTime() - start).toBeLessThan(5_000);
    expect(await app.counters()).toMatchObject({ added: 0 });
  });

  faultTest('that asks a handler that fails gets its error', async ({ app, expect }) => {
    const server = await app.start({ requests: ['ask'] });
    const work: Work = { n: 1, failures: 1 };
    const answer = ask(server.runtime.sender, { name: 'ask', data: work });

    await expect(answer).rejects.toMatchObject({ code: 'REMOTE', message: 'attempt 1 of 1 fails' });
    await app.counted({ done: 1, retried: 0, dead: 0 });
  });
});
