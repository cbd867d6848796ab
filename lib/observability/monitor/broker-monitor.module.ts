import {
  Controller,
  Inject,
  Module,
  UseGuards,
  type DynamicModule,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import { getPartsToken } from '../../config/index.js';
import { ActionsController } from './actions.controller.js';
import { ApiController } from './api.controller.js';
import { MONITOR_PARTS, makeParts, type BrokerParts, type MonitorParts } from './monitor-parts.js';
import {
  resolveMonitorOptions,
  type BrokerMonitorModuleOptions,
  type MonitorGuard,
  type MonitorOptions,
} from './options.js';
import { PageController } from './page.controller.js';
import { ReadOnlyGuard } from './same-origin.guard.js';

/**
 * A web page and a JSON API that show and steer the broker of an HTTP app, on Express or Fastify: import it beside
 * `BrokerModule.forRoot()`.
 * @publicApi
 */
@Module({})
export class BrokerMonitorModule implements OnModuleDestroy {
  private readonly parts: MonitorParts;

  constructor(@Inject(MONITOR_PARTS) parts: MonitorParts) {
    this.parts = parts;
  }

  /** @throws InvalidConfigError when there is neither a guard nor `unguarded: true`, or the path is none */
  static forRoot(options: BrokerMonitorModuleOptions = {}): DynamicModule {
    const resolved = resolveMonitorOptions(options);
    return {
      module: BrokerMonitorModule,
      imports: options.imports ?? [],
      controllers: controllersOf(resolved),
      providers: [
        {
          provide: MONITOR_PARTS,
          inject: [getPartsToken(options.broker)],
          useFactory: (broker: BrokerParts) => makeParts(broker, resolved),
        },
      ],
    };
  }

  /** Open streams end first: a server waits for them before it closes. */
  onModuleDestroy(): void {
    this.parts.live.close();
  }
}

/** Controllers of one monitor alone: each one has its own path and guards. */
function controllersOf({ path, guards, readOnly }: MonitorOptions): Type[] {
  const changing = readOnly ? [...guards, ReadOnlyGuard] : guards;
  return [
    mounted(class MonitorPage extends PageController {}, path, guards),
    mounted(class MonitorApi extends ApiController {}, path, guards),
    mounted(class MonitorActionsApi extends ActionsController {}, path, changing),
  ];
}

function mounted(controller: Type, path: string, guards: readonly MonitorGuard[]): Type {
  Controller(path)(controller);
  UseGuards(...guards)(controller);
  return controller;
}
