import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModuleRef } from '@nestjs/core';
import type { BalanceStrategy } from '../balancer/index.js';
import {
  BALANCE_STRATEGY,
  HandlerKeys,
  getOptionsToken,
  getServerToken,
  type ResolvedOptions,
} from '../config/index.js';
import { InvalidConfigError } from '../errors/index.js';
import {
  HandlerExplorer,
  modulesOf,
  type BrokerServer,
  type ExploredApp,
} from '../server/index.js';
import { toLog } from './to-log.js';

const OPTIONS = 'nestjs-broker:runner:options';
const SERVER = 'nestjs-broker:runner:server';
const APP = 'nestjs-broker:runner:app';

const APP_PROVIDER: Provider = {
  provide: APP,
  inject: [ModuleRef, ApplicationConfig, HttpAdapterHost],
  useFactory: (
    moduleRef: ModuleRef,
    config: ApplicationConfig,
    http: HttpAdapterHost,
  ): ExploredApp => ({ moduleRef, config, http }),
};

/**
 * Starts the handlers of one broker after everything else of the app was initialised, and drains them before
 * anything else of the app is destroyed. Its hooks come last and first, because no module is nearer to the root.
 */
@Module({})
export class BrokerRunnerModule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private exploring: Promise<void> | undefined;

  constructor(
    @Inject(APP) private readonly app: ExploredApp,
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
    @Inject(SERVER) private readonly server: BrokerServer,
  ) {
    for (const module of modulesOf(app.moduleRef).values()) {
      if (module.metatype === BrokerRunnerModule) module.distance = -1;
    }
  }

  static for(name: string): DynamicModule {
    return {
      module: BrokerRunnerModule,
      providers: [
        { provide: OPTIONS, useExisting: getOptionsToken(name) },
        APP_PROVIDER,
        { provide: SERVER, useExisting: getServerToken(name) },
      ],
    };
  }

  /** Nest can call it twice (a microservice with deferred initialisation). */
  async onModuleInit(): Promise<void> {
    await (this.exploring ??= this.orClose(this.explore()));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.orClose(this.server.ready(this.options.autoStart));
  }

  async onModuleDestroy(): Promise<void> {
    await this.server.close();
  }

  private async explore(): Promise<void> {
    this.takeStrategy();
    const { inheritsAppConfig, offered } = this.server;
    const { name, handlers, logger } = this.options;
    const explorer = new HandlerExplorer(this.app);
    const keys = new HandlerKeys(handlers);
    this.server.addFound(await explorer.find(name, inheritsAppConfig, offered, keys));
    for (const key of keys.unused) {
      toLog(logger).warn(`handlers.${key} is not used: no handler of the broker "${name}" says it`);
    }
  }

  /** What any module of the app provides under the token, with whatever was injected into it. */
  private takeStrategy(): void {
    const { moduleRef } = this.app;
    const isProvided = [...modulesOf(moduleRef).values()].some((module) =>
      module.providers.has(BALANCE_STRATEGY),
    );
    if (!isProvided) return;
    const strategy = moduleRef.get<BalanceStrategy>(BALANCE_STRATEGY, { strict: false });
    if (typeof strategy?.route !== 'function') {
      throw new InvalidConfigError('what is provided under BALANCE_STRATEGY has no method route()');
    }
    this.server.provideStrategy(strategy);
  }

  /** An app that does not start is closed by nobody: no connection may keep its process alive. */
  private async orClose(step: Promise<void>): Promise<void> {
    try {
      await step;
    } catch (error) {
      await this.server.abandon();
      throw error;
    }
  }
}
