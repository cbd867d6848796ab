import { describe, expect, it } from 'vitest';
import { MAX_WEIGHT, formatRule, isWeight, parseRule } from '../../../lib/balancer/index.js';

describe('a rule as text', () => {
  it.each([
    ['competing', { strategy: 'competing', local: false }],
    ['round_robin@local', { strategy: 'round_robin', local: true }],
    ['custom:mine@local', { strategy: 'custom:mine', local: true }],
  ] as const)('is read and written: %s', (text, rule) => {
    expect(parseRule(text)).toEqual(rule);
    expect(formatRule(rule)).toBe(text);
  });
});

describe('isWeight', () => {
  it.each([0, 1, MAX_WEIGHT])('accepts %i', (value) => {
    expect(isWeight(value)).toBe(true);
  });

  it.each([-1, 0.5, MAX_WEIGHT + 1, Number.NaN, '1', undefined])('refuses %j', (value) => {
    expect(isWeight(value)).toBe(false);
  });
});
