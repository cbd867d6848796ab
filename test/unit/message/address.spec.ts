import { describe, expect, it } from 'vitest';
import { addressKind, addressName, toAddress } from '../../../lib/message/index.js';

describe('addresses', () => {
  it.each([
    ['task', 'orders.create', 't:orders.create'],
    ['request', 'orders.create', 'r:orders.create'],
    ['task', 'r:a', 't:r:a'],
    ['request', 't:a', 'r:t:a'],
    ['task', ':', 't::'],
  ] as const)('hold the kind %s and the name %s', (kind, name, address) => {
    expect(toAddress(kind, name)).toBe(address);
    expect([addressKind(address), addressName(address)]).toEqual([kind, name]);
  });
});
