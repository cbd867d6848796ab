import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../../lib/config/index.js';
import type { HandlingContext } from '../../../lib/runtime/index.js';
import { BrokerContext } from '../../../lib/server/index.js';
import { ProcessingHooks } from '../../../lib/server/processing-hooks.js';
import { Packets } from '../../../lib/server/packets.js';
import { toRuntimeHandler, type Surroundings } from '../../../lib/server/runtime-handler.js';

const handling = {
  id: 'create:1',
  name: 'create',
  signal: new AbortController().signal,
} as HandlingContext;
const noHooks = new ProcessingHooks(Symbol('none'));
const { backoff } = DEFAULTS.tasks;
const packets = new Packets({}, { deserialize: (packet) => packet });
const around = (hooks = noHooks): Surroundings => ({ hooks, packets, backoff });
const origin = 'Orders.create';

describe('a handler for the runtime', () => {
  it('carries the policy it was given, its back-off completed', () => {
    const found = { kind: 'task', name: 'create', origin, call: () => 1 } as const;
    expect(toRuntimeHandler(found, around())).toMatchObject({ name: 'create', policy: {} });
    const place = { concurrency: 3, queue: 'heavy' };
    const full = { ...found, ...place, attempts: 2, timeout: 5, backoff: { delay: 1 } };
    expect(toRuntimeHandler(full, around())).toMatchObject({
      kind: 'task',
      ...place,
      policy: { attempts: 2, timeout: 5, backoff: { ...backoff, delay: 1 } },
    });
  });

  it('of a request carries its place, and no policy', () => {
    const found = { kind: 'request', name: 'get', origin, call: () => 1, queue: 'heavy' } as const;
    const handler = toRuntimeHandler({ ...found, concurrency: 3 }, around());
    expect(handler).toMatchObject({ kind: 'request', concurrency: 3, queue: 'heavy' });
    expect(handler).not.toHaveProperty('policy');
  });

  it('is called with payload and context', async () => {
    const call = (data: unknown, context: unknown): unknown[] => [data, context];
    const handler = toRuntimeHandler({ kind: 'event', name: 'x', origin, call }, around());
    const [data, context] = (await handler.invoke(5, handling, () => undefined)) as unknown[];
    expect(data).toBe(5);
    expect(context).toBeInstanceOf(BrokerContext);
    expect((context as BrokerContext).getArgs()).toEqual([handling]);
  });

  it('runs inside the hooks of the server, which end once', async () => {
    const steps: string[] = [];
    const hooks = new ProcessingHooks(Symbol.for('nestjs-broker'));
    hooks.start = async (transport, context, done) => {
      steps.push(`start ${String(transport)} ${(context as BrokerContext).id}`);
      await done();
    };
    hooks.end = () => steps.push('end');
    const call = (): unknown => (steps.push('call'), of('a', 'b'));
    const request = toRuntimeHandler({ kind: 'request', name: 'x', origin, call }, around(hooks));
    await request.invoke(1, handling, (value) => {
      steps.push(`next ${String(value)}`);
      return undefined;
    });
    expect(steps).toEqual([
      'start Symbol(nestjs-broker) create:1',
      'call',
      'next a',
      'next b',
      'end',
    ]);

    steps.length = 0;
    const failing = (): never => {
      throw new Error('no luck');
    };
    const task = toRuntimeHandler(
      { kind: 'task', name: 'x', origin, call: failing },
      around(hooks),
    );
    await expect(task.invoke(1, handling, () => undefined)).rejects.toThrow('no luck');
    expect(steps.at(-1)).toBe('end');
  });

  it('fails with a start hook that fails, and needs none to have an end hook', async () => {
    const broken = new ProcessingHooks(Symbol('x'));
    broken.start = () => Promise.reject(new Error('no span'));
    const call = (): number => 1;
    const found = { kind: 'task', name: 'x', origin, call } as const;
    const never = toRuntimeHandler(found, around(broken));
    await expect(never.invoke(1, handling, () => undefined)).rejects.toThrow('no span');

    let ended = 0;
    const ending = new ProcessingHooks(Symbol('x'));
    ending.end = () => (ended += 1);
    expect(await toRuntimeHandler(found, around(ending)).invoke(1, handling, () => undefined)).toBe(
      1,
    );
    expect(ended).toBe(1);
  });
});
