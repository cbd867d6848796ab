import { describe, expect, it } from 'vitest';
import type {
  BrokerObserver,
  Handler,
  HandlingEnd,
  SendingEnd,
} from '../../../lib/runtime/index.js';
import { UnrecoverableError } from '../../../lib/errors/index.js';
import { Recorder } from '../../support/recorder.js';
import { WorkerScene } from './worker-scene.js';

/** Notes what it is told. */
function spy() {
  const sent = new Recorder<readonly [string, SendingEnd]>();
  const handled = new Recorder<readonly [string, number | undefined, HandlingEnd]>();
  const observer: BrokerObserver = {
    sending: ({ kind, name }) => ({
      headers: { trace: name },
      ended: (end) => sent.record([`${kind} ${name}`, end]),
    }),
    handling: ({ kind, name, attempt, headers, waited }) => ({
      ended: (end) =>
        handled.record([`${kind} ${name} ${attempt} ${headers['trace'] ?? '-'}`, waited, end]),
    }),
  };
  const outcomes = () => handled.all.map(([what, , { outcome }]) => `${what} ${outcome}`);
  return { observer, sent, handled, outcomes };
}

const boom = new Error('boom');
const failing = () => Promise.reject(boom);
const HANDLERS: readonly Handler[] = [
  { kind: 'task', name: 'well', invoke: () => undefined },
  { kind: 'task', name: 'ill', invoke: failing },
  {
    kind: 'task',
    name: 'hopeless',
    invoke: () => {
      throw new UnrecoverableError('no');
    },
  },
  { kind: 'event', name: 'news', invoke: () => Promise.resolve() },
  {
    kind: 'event',
    name: 'news',
    invoke: () => {
      throw boom;
    },
  },
  { kind: 'request', name: 'ask', invoke: (input, _, next) => next(input) },
  { kind: 'request', name: 'fail', invoke: failing },
];

const reply = () => ({ next: () => undefined, error: () => undefined, complete: () => undefined });

describe('observers', () => {
  it('are told of everything that is sent and handled, with headers that all attempts have', async () => {
    const scene = await WorkerScene.open();
    const { runtime } = await scene.instance(HANDLERS);
    const { observer, sent, handled, outcomes } = spy();
    runtime.observe(observer);
    await runtime.start();
    const { sender } = runtime;
    const [well] = await sender.enqueue([{ name: 'well', data: 1 }]);
    await sender.enqueue([
      { name: 'hopeless', data: 1 },
      { name: 'ill', data: 1, options: { attempts: 2, headers: { own: 'x' } } },
    ]);
    await sender.publish('news', 1);
    sender.request('ask', 1, {}, reply());
    sender.request('fail', 1, {}, reply());
    await scene.pass(0);
    await scene.pass(1_000);
    await handled.count(8);
    expect(outcomes().toSorted()).toEqual([
      'event news 1 news done',
      'event news 1 news failed',
      'request ask 1 ask done',
      'request fail 1 fail failed',
      'task hopeless 1 hopeless dead',
      'task ill 1 ill retried',
      'task ill 2 ill dead',
      'task well 1 well done',
    ]);
    const failure = handled.all.find(([what]) => what.startsWith('task ill 1'));
    expect(failure?.[2].error).toBe(boom);
    await sent.count(6);
    expect(sent.all.map(([what, { outcome }]) => `${what} ${outcome}`).toSorted()).toEqual([
      'event news sent',
      'request ask sent',
      'request fail failed',
      'task hopeless sent',
      'task ill sent',
      'task well sent',
    ]);
    expect(sent.all[0]?.[1].id).toBe(well?.id);
  });

  it('know how long a message waited and how long it was handled', async () => {
    const scene = await WorkerScene.open();
    let end = (): void => undefined;
    const invoke = () => new Promise<void>((resolve) => (end = resolve));
    const { runtime } = await scene.instance([{ kind: 'task', name: 'slow', invoke }]);
    const { observer, handled } = spy();
    runtime.observe(observer);
    await runtime.sender.enqueue([{ name: 'slow', data: 1 }]);
    await scene.pass(300);
    await runtime.start();
    await scene.calm();
    await scene.pass(200);
    end();
    const [, waited, { duration }] = await handled.next();
    expect(waited).toBeGreaterThanOrEqual(300);
    expect(waited).toBeLessThan(320);
    expect(duration).toBe(200);
  });

  it('are told of duplicates, of refusals, and of requests that are given up', async () => {
    const scene = await WorkerScene.open();
    const { runtime } = await scene.instance();
    const { observer, sent } = spy();
    runtime.observe(observer);
    await runtime.connect();
    const once = { name: 'well', data: 1, options: { dedupeId: 'x' } };
    await runtime.sender.enqueue([once]);
    await runtime.sender.enqueue([once]);
    await expect(runtime.sender.enqueue([{ name: '', data: 1 }])).rejects.toMatchObject({
      code: 'INVALID_NAME',
    });
    const giveUp = runtime.sender.request('ask', 1, {}, reply());
    giveUp();
    giveUp();
    expect(() => runtime.sender.request('', 1, {}, reply())).toThrow('the name of a request');
    expect(sent.all.map(([, { outcome }]) => outcome)).toEqual([
      'sent',
      'duplicate',
      'failed',
      'given-up',
      'failed',
    ]);
  });

  it('may enter a context, and disturb nobody when they fail', async () => {
    const scene = await WorkerScene.open();
    const entered: string[] = [];
    const invoke = () => void entered.push('handler');
    const { runtime, log } = await scene.instance([{ kind: 'task', name: 'well', invoke }]);
    const { observer, handled } = spy();
    const broken = (): never => {
      throw boom;
    };
    runtime.observe({ sending: broken, handling: broken });
    runtime.observe({
      handling: () => ({
        run: (handle) => {
          entered.push('in');
          handle();
          entered.push('out');
          handle();
        },
        ended: broken,
      }),
    });
    runtime.observe({ handling: () => ({ run: broken, ended: () => undefined }) });
    runtime.observe(observer);
    await runtime.start();
    await runtime.sender.enqueue([{ name: 'well', data: 1 }]);
    await scene.calm();
    expect((await handled.next())[2].outcome).toBe('done');
    expect(entered).toEqual(['in', 'handler', 'out']);
    expect(log.filter((line) => line === 'error: Error: boom')).toHaveLength(4);
  });

  it('are told of what is given back, and no more once they have ended', async () => {
    const scene = await WorkerScene.open();
    const invoke = () => new Promise(() => undefined);
    const { runtime } = await scene.instance([
      { kind: 'task', name: 'slow', invoke },
      { kind: 'request', name: 'ask', invoke },
    ]);
    const { observer, outcomes, sent } = spy();
    const end = runtime.observe(observer);
    await runtime.start();
    await runtime.sender.enqueue([{ name: 'slow', data: 1 }]);
    runtime.sender.request('ask', 1, {}, reply());
    await scene.calm();
    end();
    await runtime.sender.enqueue([{ name: 'slow', data: 2 }]);
    await scene.calm();
    const draining = runtime.drain();
    await scene.pass(1_000);
    await scene.pass(2_000);
    await draining;
    expect(outcomes().toSorted()).toEqual([
      'request ask 1 ask failed',
      'task slow 1 slow released',
    ]);
    expect(sent.all.filter(([what]) => what.startsWith('task'))).toHaveLength(1);
  });
});
