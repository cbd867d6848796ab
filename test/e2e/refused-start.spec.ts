import { Controller, Injectable, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import { BrokerGroup, BrokerModule, DuplicateHandlerError, OnTask } from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { brokerOptions, quiet, testApp } from '../support/test-app.js';

describe('a start is refused', () => {
  const start = (...controllers: (new () => object)[]): Promise<unknown> =>
    testApp({ broker: brokerOptions('memory'), controllers });

  it('for two handlers of one task or request name', async () => {
    @Controller()
    class First {
      @OnTask('create')
      create(): void {}
    }
    @Controller()
    class Second {
      @OnTask('create')
      other(): void {}
    }
    const refused = start(First, Second);
    await expect(refused).rejects.toThrow(DuplicateHandlerError);
    await expect(refused).rejects.toThrow(
      'the task "create" has two handlers: First.create and Second.other',
    );
  });

  it('for a method that also has a pattern of Nest', async () => {
    @Controller()
    class Both {
      @EventPattern<string>('native')
      @OnTask('create')
      create(): void {}
    }
    await expect(start(Both)).rejects.toThrow(/Both\.create: the method has a pattern of Nest too/);
  });

  it('for handlers of a request-scoped provider', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @OnTask('create')
      create(): void {}
    }
    const refused = testApp({ broker: brokerOptions('memory'), providers: [Scoped] });
    await expect(refused).rejects.toThrow(/Scoped\.create.*make it a controller/);
  });

  it('for a broker that is imported twice, or without forRoot', async () => {
    const options = brokerOptions('memory');
    const twice = testApp({ broker: options, imports: [BrokerModule.forRoot(options)] });
    await expect(twice).rejects.toThrow(/imported twice for the broker "default"/);
    const bare = NestFactory.createApplicationContext(BrokerModule, quiet);
    await expect(bare).rejects.toThrow(/forRoot\(\)/);
  });

  it('for names that are too long with their group', async () => {
    @Controller()
    @BrokerGroup('g'.repeat(200))
    class Long {
      @OnTask('t'.repeat(100))
      create(): void {}
    }
    await expect(start(Long)).rejects.toMatchObject({ code: 'INVALID_NAME' });
  });
});
