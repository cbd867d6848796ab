import type { FactoryProvider, ModuleMetadata, Type } from '@nestjs/common';
import type { BrokerOptions } from '../config/index.js';

/** Makes the options of a broker; for `useClass` and `useExisting`. @publicApi */
export interface BrokerOptionsFactory {
  /** Called once, when the app starts. */
  createBrokerOptions(): BrokerOptions | Promise<BrokerOptions>;
}

/** Options that need other providers: give one of `useFactory`, `useClass` and `useExisting`. @publicApi */
export interface BrokerModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Which broker. It cannot come from the factory, because `@InjectBroker(name)` is known before it runs. */
  readonly name?: string;
  /** What `useFactory` is called with. */
  readonly inject?: FactoryProvider['inject'];
  /** Makes the options, called once; a promise is awaited. */
  readonly useFactory?: (...injected: never[]) => BrokerOptions | Promise<BrokerOptions>;
  /** Is made with what it injects, and asked for the options. */
  readonly useClass?: Type<BrokerOptionsFactory>;
  /** The token of a provider that is there, a {@link BrokerOptionsFactory}. */
  readonly useExisting?: FactoryProvider['provide'];
}
