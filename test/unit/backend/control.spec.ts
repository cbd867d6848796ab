import { describe, expect, it } from 'vitest';
import { type ControlMessage, decodeControl, encodeControl } from '../../../lib/backend/index.js';

describe('control messages', () => {
  it.each<ControlMessage>([
    { type: 'due', at: 1_700_000_000_123 },
    { type: 'cancel', unique: 'abc-1', consumer: 'orders-host-12-x7' },
    { type: 'cancel', unique: 'abc-1', consumer: 'a service with spaces-host-1-x' },
    { type: 'members', epoch: 12, change: 'joined', consumer: 'orders-host-12-x7', weight: 3 },
    { type: 'members', epoch: 13, change: 'weight', consumer: 'with spaces-host-1-x', weight: 0 },
    { type: 'members', epoch: 14, change: 'left', consumer: 'orders-host-12-x7', weight: 0 },
    { type: 'members', epoch: 15, change: 'evicted', consumer: 'orders-host-12-x7', weight: 0 },
    { type: 'pause', service: 'a service' },
  ])('survive the wire: %o', (message) => {
    expect(decodeControl(encodeControl(message))).toEqual(message);
  });

  it.each(['', 'later 1 2', 'constructor', 'members 12', 'members 12 promoted 1 orders-host-1-x'])(
    'ignore what a newer release may say: "%s"',
    (text) => {
      expect(decodeControl(text)).toBeUndefined();
    },
  );
});
