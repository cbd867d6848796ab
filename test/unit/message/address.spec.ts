import { describe, expect, it } from 'vitest';
import {
  addressKind,
  addressName,
  subscriberOf,
  toAddress,
  toEventAddress,
  toSubscription,
  toSubscriptionAddress,
} from '../../../lib/message/index.js';

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

describe('the address of an event', () => {
  it('tells where it is published', () => {
    const address = toEventAddress('orders.paid');
    expect(address).toBe('e::orders.paid');
    expect(addressKind(address)).toBe('event');
    expect(addressName(address)).toBe('orders.paid');
  });

  it.each([
    { service: 'mail', name: '', event: 'orders.paid' },
    { service: 'mail', name: 'audit', event: 'orders.paid' },
    { service: 'ü:3:x', name: 'ä:1', event: '5:ö:x' },
  ])('tells whose subscription it is: %j', (subscription) => {
    const address = toSubscriptionAddress(subscription);
    expect(toSubscription(address)).toEqual(subscription);
    expect(addressKind(address)).toBe('event');
    expect(addressName(address)).toBe(subscription.event);
  });

  it('tells people of a service, and of a subscription that has a name', () => {
    expect(subscriberOf('t:a')).toEqual({});
    expect(subscriberOf('e:4:mail:0::a')).toEqual({ service: 'mail' });
    expect(subscriberOf('e:4:mail:1:x:a')).toEqual({ service: 'mail', subscription: 'x' });
  });
});
