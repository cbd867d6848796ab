import { ownGroup, parseGroupOptions, setGroup } from '../config/index.js';
import { checkName, joinName } from '../message/index.js';

/** What a group of handlers can say. @publicApi */
export interface BrokerGroupOptions {
  /** Which broker the handlers belong to. Default `default`. */
  readonly broker?: string;
}

/**
 * Puts the class's handlers into a group: `create` becomes `orders.create`. Groups nest: above another
 * `@BrokerGroup` on the same class, and with a class that extends one that has a group, the outer prefix comes first.
 * @publicApi
 */
export const BrokerGroup =
  (prefix: string, options?: BrokerGroupOptions): ClassDecorator =>
  (type) => {
    const subject = `@BrokerGroup(${JSON.stringify(prefix)}) on ${type.name}`;
    const outer = checkName(`${subject}: the prefix`, prefix);
    const inner = ownGroup(type);
    const { broker = inner?.broker } = parseGroupOptions(options, subject);
    setGroup(type, {
      prefix: inner === undefined ? outer : joinName(outer, inner.prefix),
      ...(broker === undefined ? {} : { broker }),
    });
  };
