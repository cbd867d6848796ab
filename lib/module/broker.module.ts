import {
  Inject,
  Module,
  Optional,
  type DynamicModule,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  DEFAULTS,
  getBalancerToken,
  getBrokerToken,
  getOptionsToken,
  getPartsToken,
  getServerToken,
  type BrokerOptions,
  type ResolvedOptions,
} from '../config/index.js';
import { InvalidConfigError } from '../errors/index.js';
import { BrokerBalancer } from '../client/index.js';
import { BrokerServer, modulesOf, type ServerParts } from '../server/index.js';
import type { BrokerModuleAsyncOptions } from './broker-module-options.js';
import { BrokerRunnerModule } from './broker-runner.module.js';
import { BrokerClient } from './broker.client.js';
import { asyncOptionsProviders, optionsProvider } from './options-providers.js';
import { openAsConfigured, RUNTIME_OPENER, type RuntimeOpener } from './runtime-opener.js';
import { toLog } from './to-log.js';

const NAME = 'nestjs-broker:module:name';
const PARTS = 'nestjs-broker:module:parts';

/**
 * Gives the app a broker: a client to inject, and handlers that start on bootstrap and drain before anything they
 * use is destroyed. Global.
 * @publicApi
 */
@Module({})
export class BrokerModule implements OnApplicationShutdown {
  private readonly parts: ServerParts;

  /** @throws InvalidConfigError when it is imported without `forRoot`, or twice for one broker */
  constructor(
    @Inject(ModuleRef) moduleRef: ModuleRef,
    @Optional() @Inject(NAME) name: string | undefined,
    @Optional() @Inject(PARTS) parts: ServerParts | undefined,
  ) {
    if (name === undefined || parts === undefined) {
      throw new InvalidConfigError('import BrokerModule.forRoot() instead of BrokerModule');
    }
    this.parts = parts;
    let count = 0;
    for (const module of modulesOf(moduleRef).values()) {
      if (module.metatype !== BrokerModule) continue;
      if (module.providers.has(getPartsToken(name))) count += 1;
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

  /** The same with options from other providers: `useFactory` with `inject`, `useClass` or `useExisting`. */
  static forRootAsync(options: BrokerModuleAsyncOptions): DynamicModule {
    const { name = DEFAULTS.name, imports = [] } = options;
    return build(name, asyncOptionsProviders(name, options), imports);
  }

  /** Comes last of all hooks: until then the client can send. */
  async onApplicationShutdown(): Promise<void> {
    await this.parts.runtime.close();
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
      { provide: RUNTIME_OPENER, useValue: openAsConfigured },
      { provide: NAME, useValue: name },
      { provide: PARTS, useExisting: getPartsToken(name) },
    ],
    exports: [getOptionsToken(name), ...shared],
  };
}

/** Only what holds others is handed to Nest, which may put a Proxy around it; what they hold works with `#`. */
const brokerProviders = (name: string): Provider[] => [
  {
    provide: getPartsToken(name),
    inject: [getOptionsToken(name), RUNTIME_OPENER],
    useFactory: async (options: ResolvedOptions, open: RuntimeOpener): Promise<ServerParts> => {
      const log = toLog(options.logger);
      return { log, ...(await open(options, log)) };
    },
  },
  {
    provide: getBrokerToken(name),
    inject: [getPartsToken(name)],
    useFactory: ({ options, runtime }: ServerParts) =>
      new BrokerClient({}, { options, shared: runtime, create: () => Promise.resolve(runtime) }),
  },
  {
    provide: getBalancerToken(name),
    inject: [getPartsToken(name)],
    useFactory: ({ runtime }: ServerParts) =>
      new BrokerBalancer(runtime, async () => {
        await runtime.connect();
        return runtime;
      }),
  },
  {
    provide: getServerToken(name),
    inject: [getPartsToken(name)],
    useFactory: (parts: ServerParts) => new BrokerServer(parts),
  },
];

/** The default broker can be injected by class, too. */
const aliases = (name: string): Provider[] => [
  { provide: BrokerClient, useExisting: getBrokerToken(name) },
  { provide: BrokerBalancer, useExisting: getBalancerToken(name) },
  { provide: BrokerServer, useExisting: getServerToken(name) },
];
