import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  elsewhere,
  isDisplaced,
  toRedisFailure,
} from '../../../../lib/backend/redis/redis-error.js';
import { ClosedError, OverloadedError, TimeoutError } from '../../../../lib/errors/index.js';

/** As ioredis makes it of an error reply; it hangs the command on it. */
const reply = (message: string): Error =>
  Object.assign(new Error(message), {
    name: 'ReplyError',
    command: { name: 'auth', args: ['the password'] },
  });

describe('toRedisFailure', () => {
  it.each([
    ['READONLY You can not write against a read only replica.', true],
    ['UNBLOCKED force unblock from blocking operation', true],
    ['LOADING Redis is loading the dataset in memory', false],
    ['CLUSTERDOWN The cluster is down', false],
    ['MASTERDOWN Link with MASTER is down', false],
    ['TRYAGAIN Multiple keys request during rehashing of slot', false],
    ['MISCONF Redis is configured to save RDB snapshots', false],
    ['NOREPLICAS Not enough good replicas to write.', false],
    ['BUSY Redis is busy running a script.', false],
    ["OOM command not allowed when used memory > 'maxmemory'.", false],
    ['ERR Error running script (call to f_0): @user_script:1: -OOM command not allowed', false],
    ['ERR Error running script (call to f_0) -READONLY You can not write', true],
    ['ERR user_script:364: READONLY You can not write against a read only replica.', true],
    ['ERR user_script:364: OOM command not allowed when used memory', false],
  ])('knows a server that cannot do it now: %s', (message, reconnect) => {
    const failure = toRedisFailure(reply(message));
    expect(failure).toMatchObject({ transient: true, outcome: 'not-sent', reconnect });
    expect(failure.error).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      retryable: true,
      outcome: 'not-sent',
      message: `Redis cannot do it now: ${message}`,
    });
  });

  it.each([
    ['WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['NOPERM this user has no permissions'],
    ['ERR unknown command'],
    ['ERR something about LOADING'],
    ['READONLYX'],
  ])('knows what trying again will not cure: %s', (message) => {
    const failure = toRedisFailure(reply(message));
    expect(failure).toMatchObject({ transient: false, outcome: 'not-sent', reconnect: false });
    expect(failure.error).toMatchObject({
      code: 'BACKEND_REFUSED',
      retryable: false,
      message: `Redis refused: ${message}`,
    });
  });

  it('cannot tell what became of a command on a lost connection', () => {
    const failure = toRedisFailure(new Error('Connection is closed.'));
    expect(failure).toMatchObject({ transient: true, outcome: 'unknown', reconnect: false });
    expect(failure.error).toMatchObject({ code: 'BACKEND_UNAVAILABLE', outcome: 'unknown' });
  });

  it.each([
    ["Stream isn't writeable and enableOfflineQueue options is false"],
    ["Stream isn't writeable"],
  ])('knows that a command never left: %s', (message) => {
    expect(toRedisFailure(new Error(message))).toMatchObject({
      transient: true,
      outcome: 'not-sent',
    });
  });

  it.each([[new TypeError('bad')], [new RangeError('bad')]])(
    'does not repeat a mistake of ours: %s',
    (error) => {
      expect(toRedisFailure(error)).toMatchObject({
        transient: false,
        outcome: 'not-sent',
        error: { code: 'BACKEND_REFUSED', message: 'the command could not be made: bad' },
      });
    },
  );

  it('leaves errors of our own as they are', () => {
    const [late, full, closed] = [
      new TimeoutError('late'),
      new OverloadedError('full'),
      new ClosedError(),
    ];
    expect(toRedisFailure(late)).toEqual({
      transient: true,
      outcome: 'unknown',
      reconnect: false,
      error: late,
    });
    expect(toRedisFailure(full)).toMatchObject({ transient: true, outcome: 'not-sent' });
    expect(toRedisFailure(closed)).toMatchObject({ transient: false, outcome: 'not-sent' });
  });

  it('takes whatever is thrown', () => {
    expect(toRedisFailure('odd').error.message).toBe('Redis cannot be reached: odd');
  });

  it('lets no command, with its password, into a log', () => {
    const { error } = toRedisFailure(reply('WRONGPASS invalid username-password pair'));
    expect(error.cause).toMatchObject({ name: 'ReplyError', message: /^WRONGPASS/ });
    expect(inspect(error, { depth: Infinity })).not.toContain('the password');
  });
});

describe('isDisplaced', () => {
  it('is said of a stream or a group that is gone', () => {
    expect(
      [
        reply("NOGROUP No such key 'a' or consumer group 'g' in XREADGROUP"),
        reply('UNBLOCKED the stream key no longer exists'),
        reply('ERR NOGROUP'),
        new Error('Connection is closed.'),
        'NOGROUP',
      ].map(isDisplaced),
    ).toEqual([true, true, false, false, false]);
  });
});

describe('elsewhere', () => {
  it.each([
    ['MOVED 3999 127.0.0.1:6381', true],
    ['CLUSTERDOWN The cluster is down', true],
    // its other keys have not arrived there yet
    ['ASK 3999 127.0.0.1:6381', false],
  ])('knows a node of a cluster that cannot serve these keys: %s', (message, reconnect) => {
    const failure = elsewhere(reply(message));
    expect(failure).toMatchObject({ transient: true, outcome: 'not-sent', reconnect });
    expect(failure?.error).toMatchObject({ code: 'BACKEND_UNAVAILABLE', outcome: 'not-sent' });
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('the password');
  });

  it('says nothing of anything else', () => {
    for (const other of [
      reply('NOPERM'),
      reply('LOADING'),
      new Error('MOVEDX'),
      'MOVED',
      undefined,
    ])
      expect(elsewhere(other)).toBeUndefined();
  });
});
