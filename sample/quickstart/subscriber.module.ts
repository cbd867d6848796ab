import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { BrokerModule } from 'nestjs-broker';

/** A service of its own that listens to events. */
@Module({})
export class SubscriberModule {
  static with(appName: string, service: string, controller: Type): DynamicModule {
    return {
      module: SubscriberModule,
      imports: [BrokerModule.forRoot({ appName, service, instanceName: service })],
      controllers: [controller],
    };
  }
}
