import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { getPartsToken } from '../../config/index.js';
import type { Runtime } from '../../runtime/index.js';
import { measureBroker } from './measure-broker.js';
import type { BrokerMetricsOptions } from './options.js';

const END = 'nestjs-broker:metrics:end';

/** What is measured, and under which names. @publicApi */
export interface BrokerMetricsModuleOptions extends BrokerMetricsOptions {
  /** Which broker, as in `BrokerModule.forRoot({ name })`; several need a prefix, or a registry, each. Default: the default one. */
  readonly broker?: string;
}

/**
 * Prometheus metrics of the broker of the app, in a registry of prom-client that the app serves: import it beside
 * `BrokerModule.forRoot()`.
 * @publicApi
 */
@Module({})
export class BrokerMetricsModule implements OnApplicationShutdown {
  private readonly end: () => void;

  constructor(@Inject(END) end: () => void) {
    this.end = end;
  }

  /** Registers the metrics when the app starts, and takes them out when it ends. */
  static forRoot({ broker, ...options }: BrokerMetricsModuleOptions = {}): DynamicModule {
    return {
      module: BrokerMetricsModule,
      providers: [
        {
          provide: END,
          inject: [getPartsToken(broker)],
          useFactory: ({ runtime }: { readonly runtime: Runtime }) =>
            measureBroker(runtime, options),
        },
      ],
    };
  }

  /** Called by Nest. */
  onApplicationShutdown(): void {
    this.end();
  }
}
