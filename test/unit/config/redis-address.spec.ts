import { describe, expect, it } from 'vitest';
import {
  describeRedis,
  parseRedisAddress,
  parseRedisUrl,
  redactAddress,
} from '../../../lib/config/redis-address.js';

describe('the URL of a Redis', () => {
  it.each([
    ['redis://db', { host: 'db', port: 6379 }],
    ['redis://db:7000/3', { host: 'db', port: 7000, db: 3 }],
    ['redis://db/', { host: 'db', port: 6379 }],
    ['rediss://db', { host: 'db', port: 6379, tls: {} }],
    ['REDIS://[::1]:7000', { host: '::1', port: 7000 }],
    ['redis://:se%2Fcret@db', { host: 'db', port: 6379, password: 'se/cret' }],
    ['redis://ann:secret@db', { host: 'db', port: 6379, username: 'ann', password: 'secret' }],
    ['unix:///run/redis.sock', { path: '/run/redis.sock' }],
    [
      'unix://ann:se%2Fcret@/run/redis.sock?db=2',
      { path: '/run/redis.sock', username: 'ann', password: 'se/cret', db: 2 },
    ],
    ['unix://:secret@/run/a%20b.sock', { path: '/run/a b.sock', password: 'secret' }],
  ])('%s is understood', (text, parts) => {
    expect(parseRedisUrl(text)).toEqual(parts);
  });

  it.each([
    '',
    'db:6379',
    'http://db',
    'redis://',
    'redis://:6379',
    'redis://db:99999',
    'redis://db/zero',
    'redis://db/0/1',
    'redis://db?db=1',
    'redis://db#x',
    'redis://%zz@db',
    'unix://',
    'unix://run/redis.sock',
    'unix:///run/redis.sock?db=x',
    'unix:///run/%zz',
  ])('%j is refused', (text) => {
    expect(parseRedisUrl(text)).toBeUndefined();
  });
});

describe('the address of a Redis', () => {
  it('is host and port', () => {
    expect(parseRedisAddress('localhost:6379')).toEqual({ host: 'localhost', port: 6379 });
    expect(parseRedisAddress('[::1]:1')).toEqual({ host: '::1', port: 1 });
  });

  it.each([
    'localhost',
    ':6379',
    'db:',
    'db:0',
    'db:65536',
    'db:x',
    'redis://db:1',
    '::1:6379',
    'a b:1',
  ])('%j is refused', (text) => {
    expect(parseRedisAddress(text)).toBeUndefined();
  });
});

describe('for people, an address', () => {
  it.each([
    ['redis://ann:secret@db:1/2', 'redis://***@db:1/2'],
    ['redis://:se@cret@db', 'redis://***@db'],
    ['redis://:se/cr#et@db', 'redis://***@db'],
    [':secret@db:6379', '***@db:6379'],
    ['redis://db?password=secret', 'redis://db?***'],
    ['redis://db:1', 'redis://db:1'],
    ['nonsense', 'nonsense'],
  ])('%s reads %s', (text, shown) => {
    expect(redactAddress(text)).toBe(shown);
  });

  it('says where, not who', () => {
    expect(describeRedis({ host: 'db', port: 1, db: 2, password: 'secret' })).toBe(
      'redis://db:1/2',
    );
    expect(describeRedis({ host: '::1', port: 1, db: 0, tls: {} })).toBe('rediss://[::1]:1/0');
  });

  it.each([
    [{ path: '/run/redis.sock', password: 'secret' }, 'unix:///run/redis.sock?db=0'],
    [
      {
        sentinels: [{ host: 'a' }, { host: 'b', port: 2 }],
        name: 'shop',
        sentinelPassword: 'secret',
        db: 1,
      },
      'redis+sentinel://a,b:2/shop/1',
    ],
    [
      {
        cluster: [
          { host: 'a', port: 1 },
          { host: '::1', port: 2 },
        ],
        tls: {},
      },
      'rediss+cluster://a:1,[::1]:2',
    ],
    [
      {
        instance: {
          options: { host: 'db', port: 1, db: 2, password: 'secret', path: null },
          duplicate: () => 1,
        },
      },
      'redis://db:1/2',
    ],
  ])('%j reads %s', (parts, shown) => {
    expect(describeRedis(parts)).toBe(shown);
  });
});
