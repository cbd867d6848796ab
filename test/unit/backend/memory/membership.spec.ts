import { describe, expect, it } from 'vitest';
import { Membership } from '../../../../lib/backend/memory/membership.js';
import type { Member } from '../../../../lib/backend/index.js';

const member = (consumer: string, service: string, parts: Partial<Member> = {}): Member => ({
  consumer,
  service,
  instanceName: consumer,
  ttl: 100,
  names: [{ address: 't:a', group: 't:default' }],
  groups: [{ name: 't:default', rule: { strategy: 'weighted', local: false } }],
  weight: 1,
  overflow: 'reject',
  maxWaiting: 10,
  ...parts,
});

describe('Membership', () => {
  it('knows the one service that handles a name', () => {
    const members = new Membership();
    expect(members.ownerOf('t:a')).toBeUndefined();
    members.join(member('x1', 'x'), 0);
    members.join(member('x2', 'x', { streamLength: 7 }), 0);
    expect(members.ownerOf('t:a')).toMatchObject({ name: 'x', bounds: { streamLength: 7 } });
    members.join(member('y1', 'y'), 0);
    expect(members.ownerOf('t:a')).toBeUndefined();
    members.remove('x1');
    members.remove('x2');
    expect(members.ownerOf('t:a')?.name).toBe('y');
    members.remove('y1');
    expect(members.ownerOf('t:a')).toBeUndefined();
    expect([...members.handled()]).toEqual([]);
  });

  it('knows every task of a service, whoever handles it', () => {
    const members = new Membership();
    const names = (...addresses: string[]) => ({
      names: addresses.map((address) => ({ address, group: 't:default' })),
    });
    members.join(member('x1', 'x', names('t:a', 'r:a')), 0);
    members.join(member('x2', 'x', names('t:a', 't:b')), 0);
    expect([...(members.ownerOf('t:a')?.tasks ?? [])]).toEqual(['t:a', 't:b']);
    members.remove('x2');
    expect([...(members.ownerOf('t:a')?.tasks ?? [])]).toEqual(['t:a']);
  });

  it('counts every coming and going', () => {
    const members = new Membership();
    const epochs = [members.epoch];
    members.join(member('x1', 'x'), 0);
    epochs.push(members.epoch);
    members.remove('x1');
    members.remove('x1');
    epochs.push(members.epoch);
    expect(epochs).toEqual([0, 1, 2]);
  });

  it('leads with the first one whose time is not over', () => {
    const members = new Membership();
    members.join(member('x1', 'x'), 0);
    members.join(member('x2', 'x'), 10);
    expect([members.leader(99), members.leader(100), members.leader(110)]).toEqual([
      'x1',
      'x2',
      undefined,
    ]);
    expect([members.expired(99), members.expired(100)]).toEqual([[], ['x1']]);
  });

  it('counts changes of weights', () => {
    const members = new Membership();
    members.join(member('x1', 'x'), 0);
    members.change(members.find('x1')!, { share: 5 });
    expect(members.epoch).toBe(2);
    expect(members.find('x1')?.weight).toBe(5);
  });

  it('knows the one group that routes a name', () => {
    const members = new Membership();
    const inGroup = (group: string): Partial<Member> => ({
      names: [{ address: 't:a', group }],
      groups: [{ name: group, rule: { strategy: 'weighted', local: false } }],
    });
    expect(members.scopeOf('t:a')).toBeUndefined();
    members.join(member('x1', 'x'), 0);
    expect(members.scopeOf('t:a')).toMatchObject({ service: 'x', group: 't:default' });
    members.join(member('x2', 'x', inGroup('t:heavy')), 0);
    expect(members.scopeOf('t:a')).toBeUndefined();
    expect(members.ownerOf('t:a')?.name).toBe('x');
    members.remove('x1');
    expect(members.scopeOf('t:a')).toMatchObject({ service: 'x', group: 't:heavy' });
    expect(members.scope('x', 't:default')).toBeUndefined();
    members.join(member('y1', 'y', inGroup('t:heavy')), 0);
    expect(members.scopeOf('t:a')).toBeUndefined();
  });
});
