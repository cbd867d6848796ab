import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { getPartsToken } from '../../config/index.js';
import type { Runtime } from '../../runtime/index.js';
import { traceBroker } from './trace-broker.js';

/** What is traced. @publicApi */
export interface BrokerOtelOptions {
  /** Which broker, as in `BrokerModule.forRoot({ name })`. Default: the default one. */
  readonly broker?: string;
}

const tracing = (broker: string | undefined): Provider => ({
  provide: `nestjs-broker:otel:${broker ?? ''}`,
  inject: [getPartsToken(broker)],
  useFactory: ({ runtime }: { readonly runtime: Runtime }) => traceBroker(runtime),
});

/**
 * Traces what the broker of the app sends and handles, with the tracer and the propagator that are registered with
 * `@opentelemetry/api`: import it beside `BrokerModule.forRoot()`.
 * @publicApi
 */
@Module({})
export class BrokerOtelModule {
  /** Traces from the start of the app on. */
  static forRoot({ broker }: BrokerOtelOptions = {}): DynamicModule {
    return { module: BrokerOtelModule, providers: [tracing(broker)] };
  }
}
