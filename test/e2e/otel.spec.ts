import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { Controller } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import {
  BrokerClient,
  BrokerContext,
  InjectBroker,
  OnEvent,
  OnRequest,
  OnTask,
  type BrokerOptions,
} from 'nestjs-broker';
import { BrokerOtelModule, traceBroker } from 'nestjs-broker/otel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { brokerOptions, modes, testApp, testClient } from '../support/test-app.js';

const exporter = new InMemorySpanExporter();
const tracer = trace.getTracer('test');

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const processor = new SimpleSpanProcessor(exporter);
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
});
afterAll(() => {
  trace.disable();
  propagation.disable();
  context.disable();
});
beforeEach(() => exporter.reset());

/** The service that takes orders: a task that fails once, asks the other service and tells everybody. */
@Controller()
class Orders {
  constructor(@InjectBroker() private readonly broker: BrokerClient) {}

  @OnTask('order')
  async order(@Ctx() { attempt }: BrokerContext): Promise<void> {
    if (attempt === 1) throw new Error('try again');
    await this.broker.request('price', { id: 1 });
    await this.broker.publish('ordered', { id: 1 });
  }
}

/** The other service. */
@Controller()
class Prices {
  @OnRequest('price')
  price(): number {
    return 12;
  }

  @OnEvent('ordered')
  ordered(): void {
    trace.getActiveSpan()?.setAttribute('seen', true);
  }
}

async function twoServices(options: BrokerOptions): Promise<void> {
  const imports = [BrokerOtelModule.forRoot()];
  const services = { orders: Orders, prices: Prices };
  for (const [service, controller] of Object.entries(services)) {
    await testApp({ broker: { ...options, service }, imports, controllers: [controller] });
  }
}

/** Its children, by when they began. */
const under = (parent: ReadableSpan): ReadableSpan[] =>
  exporter
    .getFinishedSpans()
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent.spanContext().spanId);

const tree = (span: ReadableSpan): unknown => [
  `${SpanKind[span.kind]} ${span.name}${span.status.code === SpanStatusCode.ERROR ? ' !' : ''}`,
  ...under(span).map(tree),
];

describe.each(modes)('traces, %s', (mode) => {
  it('are one, through tasks, retries, requests and events of two services', async () => {
    const options = brokerOptions(mode);
    await twoServices(options);
    const client = testClient(options);
    traceBroker(client);
    await tracer.startActiveSpan('checkout', async (span) => {
      await client.enqueue('order', { id: 1 }, { headers: { own: 'x' } });
      span.end();
    });
    await eventually(() => expect(exporter.getFinishedSpans()).toHaveLength(8));
    const spans = exporter.getFinishedSpans();
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    const root = spans.find(({ name }) => name === 'checkout');
    expect(tree(root!)).toEqual([
      'INTERNAL checkout',
      [
        'PRODUCER send order',
        ['CONSUMER process order !'],
        [
          'CONSUMER process order',
          ['CLIENT price', ['SERVER price']],
          ['PRODUCER send ordered', ['CONSUMER process ordered']],
        ],
      ],
    ]);
    const named = (name: string) => spans.filter((span) => span.name === name);
    const [first, second] = named('process order');
    const [sent] = named('send order');
    expect(sent?.attributes).toMatchObject({
      'messaging.system': 'nestjs-broker',
      'messaging.destination.name': 'order',
      'messaging.operation.type': 'send',
      'messaging.message.id': second?.attributes['messaging.message.id'],
    });
    expect(first?.attributes).toMatchObject({
      'messaging.operation.type': 'process',
      'nestjs_broker.attempt': 1,
      'nestjs_broker.outcome': 'retried',
      'error.type': 'Error',
    });
    expect(first?.events[0]?.attributes).toMatchObject({ 'exception.message': 'try again' });
    expect(second?.attributes).toMatchObject({
      'nestjs_broker.attempt': 2,
      'nestjs_broker.outcome': 'done',
    });
    expect(named('process ordered')[0]?.attributes['seen']).toBe(true);
  });

  it('tell of requests that fail, with what the caller sees', async () => {
    const options = brokerOptions(mode);
    await twoServices(options);
    const client = testClient(options);
    const end = traceBroker(client);
    await expect(client.request('nothing')).rejects.toMatchObject({ code: 'NO_HANDLER' });
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({
      kind: SpanKind.CLIENT,
      name: 'nothing',
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'rpc.system': 'nestjs-broker', 'error.type': 'NO_HANDLER' },
    });
    end();
    await client.publish('ordered');
    const names = () => exporter.getFinishedSpans().map(({ name }) => name);
    await eventually(() => expect(names()).toContain('process ordered'));
    expect(names()).not.toContain('send ordered');
  });
});
