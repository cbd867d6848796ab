import 'reflect-metadata';
import { joinName } from '../message/index.js';
import { DEFAULTS } from './defaults.js';
import { chainOf } from './handler-metadata.js';

/** What `@BrokerGroup` says of a class. */
export interface GroupMetadata {
  readonly prefix: string;
  readonly broker?: string;
}

const GROUP = Symbol.for('nestjs-broker:group');

/** Of the class itself, not of those it extends. */
export const ownGroup = (type: object): GroupMetadata | undefined =>
  Reflect.getOwnMetadata(GROUP, type) as GroupMetadata | undefined;

export const setGroup = (type: object, group: GroupMetadata): void =>
  Reflect.defineMetadata(GROUP, group, type);

/** The groups of a class and of all it extends, outermost first, and the broker the nearest of them names. */
export function groupOf(type: object): { readonly prefix: string; readonly broker: string } {
  const groups = chainOf(type).flatMap((level) => ownGroup(level) ?? []);
  return {
    prefix: groups.reduceRight((outer, { prefix }) => joinName(outer, prefix), ''),
    broker: groups.find(({ broker }) => broker !== undefined)?.broker ?? DEFAULTS.name,
  };
}
