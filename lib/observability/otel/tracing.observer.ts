import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  context,
  propagation,
  trace,
  type Attributes,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { Kind } from '../../message/index.js';
import type {
  BrokerObserver,
  HandledMessage,
  HandlingOutcome,
  HandlingWatch,
  SendingWatch,
  SentMessage,
} from '../../runtime/index.js';

const SYSTEM = 'nestjs-broker';
/** Outcomes that are no failure of the handler. */
const FINE: ReadonlySet<HandlingOutcome> = new Set(['done', 'cancelled', 'released']);

/**
 * Spans by the semantic conventions: of messaging for tasks and events (`send` and `process`), of RPC for requests
 * (client and server). Trace context travels in the headers of the message, so that a retry has it, too: every attempt
 * is a span under the one that sent it.
 */
export class TracingObserver implements BrokerObserver {
  readonly #tracer: Tracer = trace.getTracer(SYSTEM);

  sending({ kind, name }: SentMessage): SendingWatch {
    const isRequest = kind === 'request';
    const span = this.#tracer.startSpan(isRequest ? name : `send ${name}`, {
      kind: isRequest ? SpanKind.CLIENT : SpanKind.PRODUCER,
      attributes: attributesOf(kind, name, 'send'),
    });
    const carrier: Record<string, string> = {};
    propagation.inject(trace.setSpan(context.active(), span), carrier);
    return {
      ...(Object.keys(carrier).length === 0 ? {} : { headers: carrier }),
      ended({ outcome, id, error }) {
        if (id !== undefined) span.setAttribute('messaging.message.id', id);
        if (outcome === 'duplicate') span.setAttribute('nestjs_broker.duplicate', true);
        if (outcome === 'given-up') span.setAttribute('nestjs_broker.outcome', outcome);
        if (outcome === 'failed') fail(span, error);
        span.end();
      },
    };
  }

  handling(message: HandledMessage): HandlingWatch {
    const { kind, name, headers, id, attempt, consumerId } = message;
    const isRequest = kind === 'request';
    // not what is active: in memory that may be the context of whoever sent another message
    const parent = propagation.extract(ROOT_CONTEXT, headers);
    const attributes: Attributes = {
      ...attributesOf(kind, name, 'process'),
      'messaging.message.id': id,
      'messaging.client.id': consumerId,
      'messaging.message.body.size': message.payload.length,
      'nestjs_broker.attempt': attempt,
    };
    const spanKind = isRequest ? SpanKind.SERVER : SpanKind.CONSUMER;
    const options = { kind: spanKind, attributes };
    const span = this.#tracer.startSpan(isRequest ? name : `process ${name}`, options, parent);
    return {
      run: (handle) => context.with(trace.setSpan(parent, span), handle),
      ended({ outcome, error }) {
        span.setAttribute('nestjs_broker.outcome', outcome);
        if (!FINE.has(outcome)) fail(span, error ?? new Error(outcome));
        span.end();
      },
    };
  }
}

function attributesOf(kind: Kind, name: string, operation: 'send' | 'process'): Attributes {
  if (kind === 'request') {
    return { 'rpc.system': SYSTEM, 'rpc.method': name, 'messaging.destination.name': name };
  }
  return {
    'messaging.system': SYSTEM,
    'messaging.destination.name': name,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'nestjs_broker.kind': kind,
  };
}

function fail(span: Span, error: unknown): void {
  const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown };
  const type = [code, name].find((text) => typeof text === 'string' && text !== '') ?? '_OTHER';
  const failure = error instanceof Error ? error : new Error(String(error));
  span.setAttribute('error.type', type as string);
  span.recordException(failure);
  span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
}
