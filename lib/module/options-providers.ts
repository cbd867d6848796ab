import type { Provider } from '@nestjs/common';
import {
  getOptionsToken,
  resolveOptions,
  type BrokerOptions,
  type ResolvedOptions,
} from '../config/index.js';
import { InvalidConfigError } from '../errors/index.js';
import type { BrokerModuleAsyncOptions, BrokerOptionsFactory } from './broker-module-options.js';

/** Resolved when the app is made, not when its modules are declared: a `.env` file has been read by then. */
export const optionsProvider = (name: string, options: BrokerOptions): Provider => ({
  provide: getOptionsToken(name),
  useFactory: () => resolveOptions(options),
});

/** Where options come from that are made while the app is. */
export function asyncOptionsProviders(name: string, options: BrokerModuleAsyncOptions): Provider[] {
  const { useFactory, useClass, useExisting, inject = [] } = options;
  const provide = getOptionsToken(name);
  if (useFactory !== undefined) {
    const make = useFactory as (...injected: unknown[]) => BrokerOptions | Promise<BrokerOptions>;
    const useResolved = async (...injected: unknown[]): Promise<ResolvedOptions> =>
      resolveNamed(name, await make(...injected));
    return [{ provide, inject, useFactory: useResolved }];
  }
  const token = useExisting ?? useClass;
  if (token === undefined) {
    throw new InvalidConfigError(
      'BrokerModule.forRootAsync needs one of useFactory, useClass and useExisting',
    );
  }
  const useResolved = async (factory: BrokerOptionsFactory): Promise<ResolvedOptions> =>
    resolveNamed(name, await factory.createBrokerOptions());
  const provider = { provide, inject: [token], useFactory: useResolved };
  return useClass === undefined || useExisting !== undefined ? [provider] : [provider, useClass];
}

function resolveNamed(name: string, options: BrokerOptions): ResolvedOptions {
  if (options.name !== undefined && options.name !== name) {
    throw new InvalidConfigError(
      `the options of the broker "${name}" name another one, "${options.name}": give the name to forRootAsync`,
    );
  }
  return resolveOptions({ ...options, name });
}
