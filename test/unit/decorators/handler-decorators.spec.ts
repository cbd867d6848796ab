import 'reflect-metadata';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { describe, expect, it } from 'vitest';
import { groupOf, handlersOf } from '../../../lib/config/index.js';
import { BrokerGroup, OnEvent, OnRequest, OnTask } from '../../../lib/decorators/index.js';
import { InvalidConfigError, InvalidNameError } from '../../../lib/errors/index.js';

/** What a decorator says to a method `create` of a class `Orders`. */
const decorating =
  (...decorators: MethodDecorator[]) =>
  (): object => {
    class Orders {
      create(): void {}
    }
    for (const decorate of decorators) {
      decorate(
        Orders.prototype,
        'create',
        Object.getOwnPropertyDescriptor(Orders.prototype, 'create') as PropertyDescriptor,
      );
    }
    return Orders.prototype;
  };

describe('handler decorators', () => {
  it('note kind, name and options, with durations in milliseconds', () => {
    class Orders {
      @OnTask('create', {
        attempts: 3,
        backoff: { type: 'fixed', delay: '2s' },
        timeout: '30s',
        concurrency: 4,
        queue: 'heavy',
      })
      create(): void {}

      @OnEvent('changed')
      changed(): void {}

      @OnRequest('get', { concurrency: 2, queue: 'light' })
      get(): void {}
    }
    const declaredOn = Orders.prototype;
    expect(Object.fromEntries(handlersOf(declaredOn))).toEqual({
      create: {
        kind: 'task',
        name: 'create',
        declaredOn,
        attempts: 3,
        backoff: { type: 'fixed', delay: 2_000 },
        timeout: 30_000,
        concurrency: 4,
        queue: 'heavy',
      },
      changed: { kind: 'event', name: 'changed', declaredOn },
      get: { kind: 'request', name: 'get', declaredOn, concurrency: 2, queue: 'light' },
    });
  });

  it('are inherited; a method that overrides one is a handler only if it says so', () => {
    class Base {
      @OnTask('kept')
      kept(): void {}

      @OnTask('overridden')
      overridden(): void {}

      @OnTask('replaced')
      replaced(): void {}
    }
    class Derived extends Base {
      override overridden(): void {}

      @OnTask('replacement')
      override replaced(): void {}
    }
    const names = (type: { prototype: object }): string[] =>
      [...handlersOf(type.prototype).values()].map(({ name }) => name).toSorted();
    expect(names(Derived)).toEqual(['kept', 'replacement']);
    expect(names(Base)).toEqual(['kept', 'overridden', 'replaced']);
  });

  it.each([
    [{ attempts: 0 }, 'attempts is 0, allowed: a whole number from 1'],
    [{ attempts: 1.5 }, 'attempts is 1.5'],
    [{ timeout: 'soon' }, 'timeout is "soon"'],
    [{ timeout: -1 }, 'timeout is -1'],
    [{ concurrency: 0 }, 'concurrency is 0'],
    [{ queue: 5 }, 'queue is 5, allowed: a text'],
    [{ queue: '' }, 'queue is "", allowed: a text that is not empty'],
    [{ backoff: { delay: 'x' } }, 'backoff.delay is "x"'],
    [{ backoff: { type: 'linear' } }, 'backoff.type is "linear", allowed: fixed or exponential'],
    [{ backoff: { jitter: 1.5 } }, 'backoff.jitter is 1.5'],
    [{ retries: 1 }, 'retries: there is no such option'],
    ['fast', 'the options object is "fast", allowed: an object'],
  ])('refuse %j at once: %s', (options, message) => {
    const decorate = decorating(OnTask('create', options as object));
    expect(decorate).toThrow(InvalidConfigError);
    expect(decorate).toThrow(`@OnTask("create") on Orders.create: ${message}`);
  });

  it.each([
    [{ durable: 1 }, 'durable is 1, allowed: true or false'],
    [{ durable: true, from: 'now' }, 'from is "now", allowed: new or earliest'],
    [{ durable: true, subscription: '' }, 'subscription is "", allowed: a text that is not empty'],
    [{ durable: true, attempts: 0 }, 'attempts is 0'],
    [{ from: 'new' }, 'from is "new", allowed: only together with durable: true'],
    [{ durable: false, queue: 'q' }, 'queue is "q", allowed: only together with durable: true'],
    [{ retries: 1 }, 'retries: there is no such option'],
  ])('refuse %j of an event at once: %s', (options, message) => {
    const decorate = decorating(OnEvent('audit', options as object));
    expect(decorate).toThrow(InvalidConfigError);
    expect(decorate).toThrow(`@OnEvent("audit") on Orders.create: ${message}`);
  });

  it('refuse names that are none', () => {
    for (const name of ['', 'x'.repeat(256), 'ü'.repeat(128), undefined, 5]) {
      expect(decorating(OnTask(name as string))).toThrow(InvalidNameError);
      expect(decorating(OnEvent(name as string))).toThrow(InvalidNameError);
      expect(decorating(OnRequest(name as string))).toThrow(InvalidNameError);
    }
  });

  it('refuse a second one on a method, of ours or of Nest', () => {
    expect(decorating(OnTask('a'), OnRequest('b'))).toThrow(
      /@OnRequest\("b"\) on Orders\.create: the method is decorated with @OnTask\("a"\) already/,
    );
    expect(decorating(OnTask('a'), OnTask('a'))).toThrow(InvalidConfigError);
    expect(decorating(MessagePattern('a'), OnTask('b'))).toThrow(/has a pattern of Nest already/);
    expect(decorating(EventPattern<string>('a'), OnEvent('b'))).toThrow(/has a pattern of Nest/);
  });

  it('refuse what is no method', () => {
    class Orders {
      static create(): void {}

      [Symbol.iterator](): void {}
    }
    const at = (target: object, key: string | symbol) => () =>
      OnTask('create')(
        target,
        key,
        Object.getOwnPropertyDescriptor(target, key) as PropertyDescriptor,
      );
    expect(at(Orders, 'create')).toThrow(/Orders\.create: a handler is a method/);
    expect(at(Orders.prototype, Symbol.iterator)).toThrow(/a handler is a method/);
    expect(at(Orders.prototype, 'missing')).toThrow(/a handler is a method/);
  });
});

describe('@BrokerGroup', () => {
  it('nests by inheritance and on one class; the nearest broker counts', () => {
    @BrokerGroup('shop', { broker: 'billing' })
    class Shop {}
    @BrokerGroup('eu')
    class Eu extends Shop {}
    class Plain extends Eu {}
    @BrokerGroup('outer')
    @BrokerGroup('inner', { broker: 'other' })
    class Twice extends Shop {}
    class None {}

    expect(groupOf(Shop)).toEqual({ prefix: 'shop', broker: 'billing' });
    expect(groupOf(Eu)).toEqual({ prefix: 'shop.eu', broker: 'billing' });
    expect(groupOf(Plain)).toEqual({ prefix: 'shop.eu', broker: 'billing' });
    expect(groupOf(Twice)).toEqual({ prefix: 'shop.outer.inner', broker: 'other' });
    expect(groupOf(None)).toEqual({ prefix: '', broker: 'default' });
  });

  it('refuses bad prefixes and options', () => {
    class Orders {}
    expect(() => BrokerGroup('')(Orders)).toThrow(InvalidNameError);
    expect(() => BrokerGroup('x', { brokr: 'y' } as object)(Orders)).toThrow(
      '@BrokerGroup("x") on Orders: brokr: there is no such option',
    );
  });
});
