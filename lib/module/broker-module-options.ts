import type { FactoryProvider, ModuleMetadata, Type } from '@nestjs/common';
import type { BrokerOptions } from '../config/index.js';

/** Makes the options of a broker; for `useClass` and `useExisting`. @publicApi */
export interface BrokerOptionsFactory {
  createBrokerOptions(): BrokerOptions | Promise<BrokerOptions>;
}

/** Options that need other providers: give one of `useFactory`, `useClass` and `useExisting`. @publicApi */
export interface BrokerModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Which broker. It cannot come from the factory, because `@InjectBroker(name)` is known before it runs. */
  readonly name?: string;
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory?: (...injected: never[]) => BrokerOptions | Promise<BrokerOptions>;
  readonly useClass?: Type<BrokerOptionsFactory>;
  readonly useExisting?: FactoryProvider['provide'];
}
