import { describe, expect, it } from 'vitest';
import { BrokerError, UnrecoverableError, toPlainError } from '../../../lib/errors/index.js';

/** As Nest's RpcException: what it was made of stands behind `getError`. */
class RpcLike extends Error {
  override readonly name = 'RpcException';
  readonly #error: unknown;
  constructor(error: unknown) {
    super('Rpc Exception');
    this.#error = error;
  }
  getError(): unknown {
    return this.#error;
  }
}

const circle = (): object => {
  const self: { self?: object } = {};
  self.self = self;
  return self;
};

const throwing = (thrown: unknown): object => ({
  get message(): string {
    // eslint-disable-next-line typescript/only-throw-error -- that is the point
    throw thrown;
  },
});

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

describe('toPlainError', () => {
  it('keeps name, message, code and data', () => {
    const error = Object.assign(new RangeError('too far'), { code: 'FAR', data: { by: 3 } });
    expect(toPlainError(error)).toEqual({
      name: 'RangeError',
      message: 'too far',
      code: 'FAR',
      data: { by: 3 },
    });
    expect(toPlainError(new UnrecoverableError('no'))).toEqual({
      name: 'UnrecoverableError',
      message: 'no',
      code: 'UNRECOVERABLE',
    });
    expect(toPlainError(new BrokerError('X', 'y', { data: [1] }))).toMatchObject({ data: [1] });
  });

  it.each([
    ['a text', 'oh', 'oh'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a bigint', 10n, '10'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
  ])('describes %s', (_, thrown, message) => {
    expect(toPlainError(thrown)).toEqual({ name: 'Error', message });
  });

  it('describes an object that is no error', () => {
    expect(toPlainError({ a: 1 })).toEqual({
      name: 'Error',
      message: '{"a":1}',
      data: { a: 1 },
    });
    expect(toPlainError({ message: 'm', name: 'N', code: 7 })).toEqual({
      name: 'N',
      message: 'm',
      code: '7',
      data: { message: 'm', name: 'N', code: 7 },
    });
    expect(toPlainError({ status: 'error', message: 'm', code: 'C' })).toEqual({
      name: 'Error',
      message: 'm',
      code: 'C',
    });
    expect(toPlainError({ message: 5, name: {}, code: {} })).toMatchObject({ name: 'Error' });
    expect(toPlainError(circle()).message).toMatch(/^an error without a message \(.*circular/);
    expect(toPlainError(Object.create(null))).toEqual({ name: 'Error', message: '{}' });
  });

  it('looks into what behaves like an RpcException', () => {
    expect(toPlainError(new RpcLike('a text'))).toEqual({
      name: 'RpcException',
      message: 'a text',
    });
    expect(toPlainError(new RpcLike({ message: 'm', code: 404, data: 1 }))).toEqual({
      name: 'RpcException',
      message: 'm',
      code: '404',
      data: 1,
    });
    expect(toPlainError(new RpcLike({ message: 'm', code: 404 }))).toEqual({
      name: 'RpcException',
      message: 'm',
      code: '404',
      data: { message: 'm', code: 404 },
    });
    expect(toPlainError(new RpcLike({ message: 'm', status: 'error', hint: 'h' }))).toEqual({
      name: 'RpcException',
      message: 'm',
      data: { message: 'm', status: 'error', hint: 'h' },
    });
    const coded = Object.assign(new RpcLike('a text'), { code: 'OUTSIDE', data: 2 });
    expect(toPlainError(coded)).toMatchObject({ message: 'a text', code: 'OUTSIDE', data: 2 });
    expect(toPlainError(new RpcLike({ status: 'error' }))).toEqual({
      name: 'RpcException',
      message: 'Rpc Exception',
    });
  });

  it.each([
    ['a getter that throws', throwing(new Error('hands off'))],
    ['a getter that throws what has no text', throwing(Object.create(null))],
    ['a proxy that is over', revoked()],
    ['an exception whose inside throws', { getError: () => JSON.parse('{') as unknown }],
  ])('never throws itself: %s', (_, thrown) => {
    expect(toPlainError(thrown, { stack: true })).toEqual({
      name: 'Error',
      message: expect.stringMatching(/^an error that cannot be described \(.+\)$/) as string,
    });
  });

  it.each([
    ['a circle', circle()],
    ['a bigint', { n: 1n }],
    [
      'what throws at JSON',
      {
        toJSON(): never {
          throw new Error('never');
        },
      },
    ],
  ])('puts a sentence in the place of data that JSON cannot express: %s', (_, data) => {
    const plain = toPlainError(Object.assign(new Error('e'), { data }));
    expect(plain).toMatchObject({
      message: 'e',
      data: expect.stringMatching(/^data without a JSON form \(.+\)$/s) as string,
    });
    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
  });

  it('leaves out data that JSON leaves out, and takes what JSON makes of the rest', () => {
    const of = (data: unknown): unknown =>
      toPlainError(Object.assign(new Error('e'), { data })).data;
    expect([of(undefined), of(() => 1), of(Symbol('s'))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(of(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
    expect(of(0)).toBe(0);
  });

  it('keeps the stack only when asked, and not more than 4096 characters', () => {
    const error = new Error('deep');
    error.stack = 's'.repeat(5_000);
    expect(toPlainError(error)).not.toHaveProperty('stack');
    expect(toPlainError(error, { stack: true }).stack).toHaveLength(4_096);
  });
});
