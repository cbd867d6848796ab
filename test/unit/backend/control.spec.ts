import { describe, expect, it } from 'vitest';
import { type ControlMessage, decodeControl, encodeControl } from '../../../lib/backend/index.js';

describe('control messages', () => {
  it.each<ControlMessage>([
    { type: 'due', at: 1_700_000_000_123 },
    { type: 'cancel', unique: 'abc-1', consumer: 'orders-host-12-x7' },
    { type: 'cancel', unique: 'abc-1', consumer: 'a service with spaces-host-1-x' },
    { type: 'members', epoch: 12 },
  ])('survive the wire: %o', (message) => {
    expect(decodeControl(encodeControl(message))).toEqual(message);
  });

  it.each(['', 'later 1 2', 'constructor'])('ignore what a newer release may say: "%s"', (text) => {
    expect(decodeControl(text)).toBeUndefined();
  });
});
