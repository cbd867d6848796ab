import { Module, type DynamicModule } from '@nestjs/common';
import { BALANCE_STRATEGY, BrokerModule, type StrategyName } from 'nestjs-broker';
import { FramesController, PACE } from './frames.controller.js';
import { NearestStrategy } from './nearest.strategy.js';
import { Regions } from './regions.js';

export interface Instance {
  readonly instanceName: string;
  readonly weight: number;
  readonly pace: number;
}

/** One instance of the service. */
@Module({ controllers: [FramesController] })
export class AppModule {
  /** With a strategy of the package, by name. */
  static with({ instanceName, weight, pace }: Instance, strategy: StrategyName): DynamicModule {
    return {
      module: AppModule,
      imports: [BrokerModule.forRoot({ instanceName, maxJobs: 2, balancer: { strategy, weight } })],
      providers: [{ provide: PACE, useValue: pace }],
    };
  }

  /** With our own: where the options name no strategy, what is provided under the token counts. */
  static withNearest({ instanceName, weight, pace }: Instance): DynamicModule {
    return {
      module: AppModule,
      imports: [BrokerModule.forRoot({ instanceName, maxJobs: 2, balancer: { weight } })],
      providers: [
        { provide: PACE, useValue: pace },
        Regions,
        { provide: BALANCE_STRATEGY, useClass: NearestStrategy },
      ],
    };
  }
}
