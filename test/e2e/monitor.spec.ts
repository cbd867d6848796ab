import { Agent, request } from 'node:http';
import { Controller, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { OnTask, UnrecoverableError, type BrokerClient } from 'nestjs-broker';
import { BrokerMonitorModule } from 'nestjs-broker/monitor';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { ACTION, AUTH, MonitorApi } from '../support/monitor-api.js';
import { monitorApp } from '../support/monitor-app.js';
import { brokerOptions, testApp } from '../support/test-app.js';

const ATTACK = '</script><img src=x onerror="document.title=\'caught\'">';
const LATER = '1h';

@Controller()
class Shop {
  @OnTask('pay')
  pay(): void {
    throw new UnrecoverableError(`declined ${ATTACK}`);
  }
}

@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, string>; user?: object }>();
    request.user = { name: 'ann\nforged' };
    return request.headers['authorization'] === 'Bearer secret';
  }
}

const dead = async (broker: BrokerClient, count: number): Promise<void> =>
  await eventually(async () => expect((await broker.stats()).deadLetters).toBe(count));

describe.each([
  ['express', 'memory'],
  ['fastify', 'redis'],
] as const)('the monitor, %s, %s', (platform, mode) => {
  const open = async (options = {}, waits = false) => {
    const monitor = BrokerMonitorModule.forRoot({ guards: [TokenGuard], ...options });
    const parts = { broker: brokerOptions(mode), imports: [monitor], controllers: [Shop] };
    const { url, ...rest } = await monitorApp(parts, { platform, prefix: 'admin', waits });
    return { ...rest, api: new MonitorApi(`${url}/admin/broker`) };
  };

  it('asks its guards before every route', async () => {
    const { api } = await open();
    expect((await fetch(api.url)).status).toBe(403);
    for (const path of ['assets/main.js', 'api/live', 'api/messages?state=dead']) {
      expect((await api.get(path, {})).status).toBe(403);
    }
    const headers = { ...ACTION, authorization: '' };
    expect((await api.post('dead-letters/drop', { entries: ['1'] }, headers)).status).toBe(403);
  });

  it('serves the page, under a policy that runs nothing else', async () => {
    const { api } = await open({ title: ATTACK });
    const page = await fetch(api.url, { headers: AUTH });
    const text = await page.text();
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/,
    );
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(text).not.toContain('<img');
    expect(text).toContain('&lt;img src=x');
    const files = [...text.matchAll(/(?:src|href)="(\.\/[^"]*)"/g)].map(([, file]) => file!);
    expect(files).toHaveLength(5);
    for (const file of files) {
      const response = await fetch(new URL(file, api.url), { headers: AUTH });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(
        /^text\/(css|javascript); charset=utf-8$/,
      );
    }
    for (const name of ['index.html', 'nothing.js', '..%2findex.js', 'tsconfig.json']) {
      expect((await api.get(`assets/${name}`)).status).toBe(404);
    }
  });

  it('tells of the app over its stream', async () => {
    const { api, broker } = await open({ title: 'Shop' });
    await broker.enqueue('pay');
    await broker.enqueue('nobody');
    await dead(broker, 1);
    const [first, second] = await api.live(2);
    expect(first?.about).toMatchObject({ title: 'Shop', mode, readOnly: false });
    expect(first?.picture).toMatchObject({
      health: { status: 'up' },
      stats: { deadLetters: 1, unclaimed: 1 },
      queues: [{ queue: 'default', kind: 'task', paused: false }],
      instances: 1,
    });
    expect(first?.samples.at(-1)).toMatchObject({ added: 2, dead: 1, waiting: 1, deadLetters: 1 });
    expect(second).not.toHaveProperty('about');
    expect(second?.samples).toHaveLength(1);
  });

  it('ends its streams when the app closes, which waits for none of their connections', async () => {
    const { api, app } = await open({}, true);
    const agent = new Agent({ keepAlive: true });
    const options = { agent, headers: AUTH };
    const ended = new Promise((resolve, reject) => {
      const sent = request(`${api.url}/api/live`, options, (response) => {
        response.once('data', () => void app.close().then(resolve, reject));
      });
      sent.on('error', reject).end();
    });
    // less than servers and clients keep a connection
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('it hangs')), 3_000));
    await Promise.race([ended, late]);
    agent.destroy();
  });

  it('finds messages where they lie, by name and text, and says how far it looked', async () => {
    const { api, broker } = await open();
    await broker.enqueue('pay', { note: ATTACK }, { key: 'k', headers: { tenant: 'north' } });
    const late = { name: 'later', options: { delay: LATER } };
    await broker.enqueueMany(Array.from({ length: 120 }, (_, i) => ({ ...late, data: { i } })));
    await broker.enqueue('nobody', { city: 'Oslo' });
    await dead(broker, 1);
    const { messages: letters } = await api.messages({ state: 'dead' });
    expect(letters).toMatchObject([
      {
        state: 'dead',
        name: 'pay',
        key: 'k',
        headers: { tenant: 'north' },
        attempts: 1,
        reason: 'unrecoverable',
        error: { name: 'UnrecoverableError', message: `declined ${ATTACK}` },
        payload: { form: 'json', text: JSON.stringify({ note: ATTACK }, null, 2), cut: false },
      },
    ]);
    expect((await api.messages({ state: 'dead', name: 'later' })).messages).toEqual([]);
    expect((await api.messages({ state: 'waiting', text: 'OSLO' })).messages).toHaveLength(1);
    expect((await api.messages({ state: 'waiting', text: 'Bergen' })).messages).toEqual([]);
    const first = await api.messages({ state: 'delayed' });
    expect(first).toMatchObject({ looked: 50, next: expect.any(String) });
    const found = await api.messages({ state: 'delayed', name: 'later', text: '"i": 119' });
    expect(found).toMatchObject({ looked: 120, messages: [{ due: expect.any(Number) }] });
    for (const query of [
      'state=elsewhere',
      'state=delayed&after=nowhere',
      'state=dead&name=a&name=b',
    ]) {
      expect((await api.get(`api/messages?${query}`)).status).toBe(400);
    }
  });

  it('replays, drops and cancels', async () => {
    const { api, broker } = await open();
    await broker.enqueue('pay', 1);
    await broker.enqueue('pay', 2);
    await dead(broker, 2);
    const [one, two] = (await api.messages({ state: 'dead' })).messages;
    expect(await api.done('dead-letters/replay', { entries: [one?.entry] })).toBe(1);
    await eventually(async () => expect((await broker.stats()).counters.dead).toBe(3));
    expect(await api.done('dead-letters/drop', { entries: [two?.entry] })).toBe(1);
    await dead(broker, 1);
    const { id } = await broker.enqueue('later', 3, { delay: LATER });
    expect(await api.done('messages/cancel', { ids: [id, 'later:unknown'] })).toBe(1);
    expect((await broker.stats()).delayed).toBe(0);
    for (const body of [{}, { entries: [] }, { entries: 'all' }, { entries: [1] }]) {
      expect((await api.post('dead-letters/drop', body)).status).toBe(400);
    }
  });

  it('pauses and resumes queues and instances, and changes weights', async () => {
    const { api, broker } = await open();
    const [queue] = await broker.messages.queues();
    const { service } = queue!;
    expect(await api.done('queues/pause', { service, queue: 'default' })).toBe(1);
    expect(await broker.messages.queues()).toMatchObject([{ paused: true }]);
    await api.done('queues/resume', { service, queue: 'default' });
    expect(await broker.messages.queues()).toMatchObject([{ paused: false }]);
    const [instance] = (await broker.stats()).consumers;
    const { id } = instance!;
    expect(await api.done('instances/pause', { id })).toBe(1);
    const paused = { paused: true, active: false, weight: 1 };
    expect((await broker.stats()).consumers).toMatchObject([paused]);
    expect(await api.done('instances/resume', { id })).toBe(1);
    expect((await broker.stats()).consumers).toMatchObject([{ paused: false, active: true }]);
    expect(await api.done('instances/pause', { id: 'nobody' })).toBe(0);
    expect(await api.done('instances/weight', { id, weight: 0 })).toBe(1);
    expect((await broker.stats()).consumers).toMatchObject([{ weight: 0, active: false }]);
    expect(await api.done('instances/weight', { id: 'nobody', weight: 1 })).toBe(0);
    expect((await api.post('instances/weight', { id, weight: -1 })).status).toBe(400);
  });

  it('refuses what other sites let a browser send', async () => {
    const { api, broker } = await open();
    await broker.enqueue('pay');
    await dead(broker, 1);
    const [letter] = (await api.messages({ state: 'dead' })).messages;
    const body = { entries: [letter?.entry] };
    const drop = async (headers: Record<string, string>): Promise<number> =>
      (await api.post('dead-letters/drop', body, headers)).status;
    const { 'x-broker-monitor': _, ...bare } = ACTION;
    expect(await drop(bare)).toBe(403);
    expect(await drop({ ...ACTION, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await drop({ ...ACTION, 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await drop({ ...ACTION, origin: 'https://evil.example' })).toBe(403);
    expect(await drop({ ...ACTION, origin: 'null' })).toBe(403);
    expect(await drop({ ...ACTION, 'content-type': 'text/plain' })).toBe(415);
    expect((await api.get('api/dead-letters/drop')).status).toBe(404);
    const crossSite = { ...AUTH, 'sec-fetch-site': 'cross-site' };
    expect((await api.get('api/messages?state=dead', crossSite)).status).toBe(403);
    await dead(broker, 1);
    expect(await drop({ ...ACTION, origin: new URL(api.url).origin })).toBe(200);
    await dead(broker, 0);
  });

  it('changes nothing when it is read-only', async () => {
    const { api, broker } = await open({ readOnly: true });
    await broker.enqueue('pay');
    await dead(broker, 1);
    const [letter] = (await api.messages({ state: 'dead' })).messages;
    for (const path of [
      'dead-letters/replay',
      'dead-letters/drop',
      'messages/cancel',
      'queues/pause',
      'queues/resume',
      'instances/pause',
      'instances/resume',
      'instances/weight',
    ]) {
      expect((await api.post(path, { entries: [letter?.entry] })).status).toBe(403);
    }
    await dead(broker, 1);
  });

  it('shows and searches what redact leaves of a message, and nothing if it fails', async () => {
    const { api, broker } = await open({
      redact: (message: { data: unknown }) => {
        if (message.data === 'broken') throw new Error('cannot');
        return { ...message, data: { card: '***' }, headers: {}, key: undefined };
      },
    });
    const options = { key: 'ann@example.com', headers: { token: 'secret' } };
    await broker.enqueue('nobody', { card: '4242' }, options);
    const { messages } = await api.messages({ state: 'waiting' });
    expect(messages).toMatchObject([{ headers: {}, payload: { text: '{\n  "card": "***"\n}' } }]);
    expect(JSON.stringify(messages)).not.toMatch(/4242|ann@|secret/);
    expect((await api.messages({ state: 'waiting', text: '4242' })).messages).toEqual([]);
    await broker.enqueue('other', 'broken', options);
    const other = await api.messages({ state: 'waiting', name: 'other' });
    expect(other.messages).toMatchObject([{ headers: {}, payload: { form: 'withheld' } }]);
    expect(JSON.stringify(other)).not.toMatch(/broken|ann@|secret/);
  });
});

describe('a monitor', () => {
  it('without a guard does not start, unless it is told to', () => {
    const open = (options?: object) => () => BrokerMonitorModule.forRoot(options);
    expect(open()).toThrow(/needs guards/);
    expect(open({ guards: [] })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
    expect(open({ unguarded: true })).not.toThrow();
    expect(open({ unguarded: true, path: 'a b' })).toThrow(/path of the monitor is "a b"/);
  });

  it('shows payloads that are no text, and long ones cut', async () => {
    const broker = brokerOptions('memory');
    const monitor = BrokerMonitorModule.forRoot({ unguarded: true, path: 'ops/queue' });
    const { url } = await monitorApp({ broker, imports: [monitor] });
    const raw = { encode: (value: unknown) => value as Uint8Array, decode: () => null };
    const sender = await testApp({ broker: { ...broker, codec: raw } });
    await sender.broker.enqueue('bytes', Buffer.from([0, 255]));
    await sender.broker.enqueue('long', Buffer.from(JSON.stringify('x'.repeat(20_000))));
    const api = new MonitorApi(`${url}/ops/queue`);
    const { messages } = await api.messages({ state: 'waiting' });
    const views = Object.fromEntries(messages.map(({ name, payload }) => [name, payload]));
    expect(views['bytes']).toEqual({ form: 'bytes', text: '00 ff', size: 2, cut: false });
    expect(views['long']).toMatchObject({ form: 'json', size: 20_002, cut: true });
    expect(views['long']?.text).toHaveLength(16_384);
  });

  it('asks the backend only while somebody watches, once for all who do', async () => {
    const broker = brokerOptions('memory');
    const monitor = BrokerMonitorModule.forRoot({ unguarded: true });
    const { url } = await monitorApp({ broker, imports: [monitor] });
    const api = new MonitorApi(`${url}/broker`);
    const all = await Promise.all([api.live(3), api.live(3)]);
    const times = new Set(all.flat().flatMap(({ samples }) => samples.map(({ at }) => at)));
    expect(times.size).toBeLessThanOrEqual(4);
    const [late] = await api.live(2);
    const { samples } = late!;
    expect(samples.length).toBeGreaterThanOrEqual(times.size - 1);
    const gaps = samples.slice(1).map(({ at }, i) => at - samples[i]!.at);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(900);
  });
});
