import { describe } from 'vitest';
import { SCRIPTS } from '../../lib/backend/redis/scripts.js';
import { eventually } from '../support/eventually.js';
import type { Proxy } from '../support/proxy.js';
import { ask } from './ask.js';
import { TAKEOVER } from './broker.js';
import type { FaultApp, LocalBroker } from './fault-app.js';
import { faultTest } from './fault-test.js';
import { range } from './range.js';
import type { Fact } from './work.js';

const requests = ['ask'];
const started = ({ what }: Fact): boolean => what === 'started';
const ended = ({ what }: Fact): boolean => what === 'ended';

type Reply = Promise<{ readonly n: number }>;

const fast = async ({ runtime }: Pick<LocalBroker, 'runtime'>, n: number, more = {}): Reply =>
  await ask(runtime.sender, {
    name: 'ask',
    data: { n, ...more },
    options: { mode: 'fast', timeout: 20_000 },
  });

/** Who has had a reply already: from then on the short ways are open. */
async function caller(app: FaultApp, through?: Proxy): Promise<LocalBroker> {
  const client = app.broker(through === undefined ? {} : { through });
  await client.runtime.connect();
  await fast(client, 0);
  await app.counted({ done: 1 });
  return client;
}

/** How often a command has been called. */
async function calls({ redis }: FaultApp, command: string): Promise<number> {
  const stats = await redis.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

describe.concurrent('requests in the mode fast, one at a time', () => {
  faultTest('take the short way, and are counted and settled', async ({ app, expect }) => {
    const server = await app.start({ requests });
    const client = await caller(app);
    const before = [await calls(app, 'evalsha'), await calls(app, 'hlen')];

    for (const n of range(300, 1)) expect(await fast(client, n)).toMatchObject({ n });

    await app.counted({ added: 301, done: 301 });
    // one add in 33 asks a script, and so does one settlement in many
    expect((await calls(app, 'evalsha')) - (before[0] ?? 0)).toBeLessThan(300);
    expect(await calls(app, 'hlen')).toBeGreaterThan(before[1] ?? 0);
    expect(server.facts.filter(ended)).toHaveLength(301);
    expect(await app.redis.xlen(app.keys.stream('r:ask'))).toBe(0);
  });

  faultTest('do not wait for what settles them', async ({ app, expect }) => {
    const proxy = await app.proxy();
    await app.start({ requests, through: proxy });
    const client = await caller(app);

    const hole = proxy.blackHole({ which: /:commands$/ });
    expect(await fast(client, 1)).toMatchObject({ n: 1 });
    await app.counted({ added: 2, done: 1 });
    hole.heal('deliver');
    await app.counted({ added: 2, done: 2 });
  });

  faultTest(
    'are answered, though connections broke when the reply left',
    async ({ app, expect }) => {
      const proxy = await app.proxy();
      const server = await app.start({ requests, through: proxy });
      const client = await caller(app);

      const torn = proxy.tear('PUBLISH', 5).then(() => proxy.cut());
      const reply = fast(client, 1);
      expect(await torn).toBe(3);
      expect(await reply).toMatchObject({ n: 1 });
      await app.counted({ done: 2 });
      expect(server.facts.filter(started)).toHaveLength(2);
    },
  );

  faultTest('are not run again when their server dies unsettled', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const victim = await app.spawn({ requests, through: proxy });
    const client = await caller(app);
    const hole = proxy.blackHole({ which: /:commands$/ });
    expect(await fast(client, 1)).toMatchObject({ n: 1 });
    await victim.kill();
    hole.heal('cut');

    const heir = await app.start({ requests });
    await app.counted({ added: 2, done: 1, lost: 1 }, { within: TAKEOVER * 2 });
    expect(await fast(client, 2)).toMatchObject({ n: 2 });
    expect(heir.facts.filter(started).map(({ n }) => n)).toEqual([2]);
  });

  faultTest('run once, and say so, when the answer to a send is lost', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const server = await app.start({ requests });
    const client = await caller(app, proxy);

    const lost = proxy.loseReply('XADD');
    const failure = fast(client, 1, { hold: true }).catch((error: unknown) => error);
    await lost;
    expect(await failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE', outcome: 'unknown' });
    await server.facts.until(({ what, n }) => what === 'started' && n === 1);
    server.workshop.release(1);
    await app.counted({ added: 2, done: 2 });
    await eventually(async () => expect(await fast(client, 2)).toMatchObject({ n: 2 }));
    expect(server.facts.filter(started).map(({ n }) => n)).toEqual([0, 1, 2]);
  });

  faultTest('are not sent again when the send itself is torn', async ({ app, expect }) => {
    const proxy = await app.proxy();
    const server = await app.start({ requests });
    const client = await caller(app, proxy);

    const [torn, failure] = [
      proxy.tear('XADD', 5),
      fast(client, 1).catch((error: unknown) => error),
    ];
    await torn;
    expect(proxy.cut(/:commands$/)).toBe(1);
    expect(await failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE', outcome: 'unknown' });
    await eventually(async () => expect(await fast(client, 2)).toMatchObject({ n: 2 }));
    expect(server.facts.filter(started).map(({ n }) => n)).toEqual([0, 2]);
  });

  faultTest('go the long way for a user who must hear every answer', async ({ app, expect }) => {
    const rules = ['reset', 'on', '>secret', '~*', '&*', '+@all', '-client|reply'];
    await app.redis.call('ACL', 'SETUSER', 'modest', ...rules);
    const both = await app.start({ requests, as: 'modest:secret' });
    for (const n of range(50)) expect(await fast(both, n)).toMatchObject({ n });
    await app.counted({ added: 50, done: 50 });
    expect(await calls(app, 'hlen')).toBe(0);
  });
});

describe('a request that was added without a look', () => {
  const takeBack = async ({ redis, keys }: FaultApp, id: string): Promise<unknown> =>
    await redis.eval(SCRIPTS.takeBack.text, 1, keys.root, 'r:ask', id);

  faultTest('is taken back unless somebody has had it', async ({ app, expect }) => {
    const stream = app.keys.stream('r:ask');
    await app.redis.hset(app.keys.key('counters'), 'added', 5);
    const add = async (): Promise<string> => String(await app.redis.xadd(stream, '*', 'm', 'x'));
    const waiting = await add();
    expect(await takeBack(app, waiting)).toBe(1);
    expect(await takeBack(app, waiting)).toBe(0);

    await app.redis.xgroup('CREATE', stream, 'g', '0');
    const held = await add();
    await app.redis.xreadgroup('GROUP', 'g', 'me', 'STREAMS', stream, '>');
    expect(await takeBack(app, held)).toBe(0);
    expect(await app.redis.xlen(stream)).toBe(1);

    const unread = await add();
    expect(await takeBack(app, unread)).toBe(1);
    expect(await takeBack(app, '')).toBe(1);
    expect(await app.redis.hget(app.keys.key('counters'), 'added')).toBe('2');
  });
});
