import {
  Inject,
  Module,
  Optional,
  type DynamicModule,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import {
  DEFAULTS,
  getBrokerToken,
  getOptionsToken,
  getRuntimeToken,
  getServerToken,
  type BrokerOptions,
  type ResolvedOptions,
} from '../config/index.js';
import { InvalidConfigError } from '../errors/index.js';
import type { Runtime } from '../runtime/index.js';
import { BrokerServer } from '../server/index.js';
import type { BrokerModuleAsyncOptions } from './broker-module-options.js';
import { BrokerRunnerModule } from './broker-runner.module.js';
import { BrokerClient } from './broker.client.js';
import { openRuntime } from './open-runtime.js';
import { asyncOptionsProviders, optionsProvider } from './options-providers.js';
import { toLog } from './to-log.js';

const NAME = 'nestjs-broker:module:name';
const RUNTIME = 'nestjs-broker:module:runtime';

/**
 * Gives the app a broker: a client to inject, and handlers that start on bootstrap and drain before anything they
 * use is destroyed. Global.
 * @publicApi
 */
@Module({})
export class BrokerModule implements OnApplicationShutdown {
  private readonly runtime: Runtime;

  /** @throws InvalidConfigError when it is imported without `forRoot`, or twice for one broker */
  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Optional() @Inject(NAME) name: string | undefined,
    @Optional() @Inject(RUNTIME) runtime: Runtime | undefined,
  ) {
    if (name === undefined || runtime === undefined) {
      throw new InvalidConfigError('import BrokerModule.forRoot() instead of BrokerModule');
    }
    this.runtime = runtime;
    let count = 0;
    for (const module of modules.values()) {
      if (module.metatype !== BrokerModule) continue;
      if (module.providers.has(getRuntimeToken(name))) count += 1;
      // first to be made and last to go: the client works in every hook of the app
      module.distance = Infinity;
    }
    if (count > 1) {
      throw new InvalidConfigError(
        `BrokerModule.forRoot was imported twice for the broker "${name}": import it once, or give each a name`,
      );
    }
  }

  /** Wrong options stop the start of the app: INVALID_CONFIG or INVALID_NAME, with what is allowed. */
  static forRoot(options: BrokerOptions = {}): DynamicModule {
    const { name = DEFAULTS.name } = options;
    return build(name, [optionsProvider(name, options)], []);
  }

  static forRootAsync(options: BrokerModuleAsyncOptions): DynamicModule {
    const { name = DEFAULTS.name, imports = [] } = options;
    return build(name, asyncOptionsProviders(name, options), imports);
  }

  /** Comes last of all hooks: until then the client can send. */
  async onApplicationShutdown(): Promise<void> {
    await this.runtime.close();
  }
}

function build(
  name: string,
  options: readonly Provider[],
  imports: NonNullable<ModuleMetadata['imports']>,
): DynamicModule {
  const shared = [...brokerProviders(name), ...(name === DEFAULTS.name ? aliases(name) : [])];
  return {
    module: BrokerModule,
    global: true,
    imports: [...imports, BrokerRunnerModule.for(name)],
    providers: [
      ...options,
      ...shared,
      { provide: NAME, useValue: name },
      { provide: RUNTIME, useExisting: getRuntimeToken(name) },
    ],
    exports: [getOptionsToken(name), ...shared],
  };
}

function brokerProviders(name: string): Provider[] {
  return [
    {
      provide: getRuntimeToken(name),
      inject: [getOptionsToken(name)],
      useFactory: (options: ResolvedOptions) => openRuntime(options, toLog(options.logger)),
    },
    {
      provide: getBrokerToken(name),
      inject: [getOptionsToken(name), getRuntimeToken(name)],
      useFactory: (options: ResolvedOptions, shared: Runtime) =>
        new BrokerClient({}, { options, shared, create: () => Promise.resolve(shared) }),
    },
    {
      provide: getServerToken(name),
      inject: [getOptionsToken(name), getRuntimeToken(name)],
      useFactory: (options: ResolvedOptions, runtime: Runtime) =>
        new BrokerServer({ runtime, options, log: toLog(options.logger) }),
    },
  ];
}

/** The default broker can be injected by class, too. */
const aliases = (name: string): Provider[] => [
  { provide: BrokerClient, useExisting: getBrokerToken(name) },
  { provide: BrokerServer, useExisting: getServerToken(name) },
];
