import { readFileSync } from 'node:fs';
import * as broker from 'nestjs-broker';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** What users can import, and nothing else: a change here is a change for them, and for CHANGELOG.md. */
const VALUES = [
  'BALANCE_STRATEGY',
  'BROKER_TRANSPORT',
  'BackendRefusedError',
  'BackendUnavailableError',
  'BrokerBalancer',
  'BrokerClient',
  'BrokerContext',
  'BrokerError',
  'BrokerGroup',
  'BrokerGroupClient',
  'BrokerModule',
  'BrokerRecord',
  'BrokerRecordBuilder',
  'BrokerServer',
  'BrokerStrategy',
  'CancelledError',
  'ClosedError',
  'CodecError',
  'DeadLetters',
  'DuplicateHandlerError',
  'ERROR_CODES',
  'InjectBalancer',
  'InjectBroker',
  'InvalidBatchError',
  'InvalidConfigError',
  'InvalidNameError',
  'InvalidOptionsError',
  'Messages',
  'NoHandlerError',
  'NotReplicatedError',
  'OnEvent',
  'OnRequest',
  'OnTask',
  'OverloadedError',
  'PayloadTooLargeError',
  'RemoteError',
  'ReplyLostError',
  'RetryLaterError',
  'ServerLostError',
  'TimeoutError',
  'UnrecoverableError',
  'brokerMicroservice',
  'createBrokerClient',
  'getBalancerToken',
  'getBrokerToken',
];
const TYPES = [
  'BackoffOptions',
  'BalanceStrategy',
  'BalancerEvents',
  'BalancerOptions',
  'BrokerContract',
  'BrokerErrorOptions',
  'BrokerGroupOptions',
  'BrokerLogger',
  'BrokerMicroservice',
  'BrokerMicroserviceOptions',
  'BrokerModuleAsyncOptions',
  'BrokerObserver',
  'BrokerOptions',
  'BrokerOptionsFactory',
  'BrokerRecordOptions',
  'BrokerStats',
  'CancelResult',
  'ClientEvents',
  'ClientStatus',
  'ConfiguredHandler',
  'ConsumerChange',
  'ConsumerInfo',
  'DeadLetter',
  'DeadReason',
  'DurabilityOptions',
  'DurableBacklog',
  'DurableEventOptions',
  'Duration',
  'EnqueueOptions',
  'Enqueued',
  'ErrorCode',
  'EventStats',
  'EventsOptions',
  'HandledMessage',
  'HandlerByKey',
  'HandlingEnd',
  'HandlingOutcome',
  'HandlingWatch',
  'Health',
  'Kind',
  'LinkState',
  'ListDeadLettersOptions',
  'ListMessagesOptions',
  'ListedMessage',
  'MessageState',
  'MessagesPage',
  'NameStats',
  'OnEventOptions',
  'OnRequestOptions',
  'OnTaskOptions',
  'PacketDeserializer',
  'PacketSerializer',
  'PauseOptions',
  'PayloadCodec',
  'PlainError',
  'PublishOptions',
  'QueueCounters',
  'QueueInfo',
  'QueueOptions',
  'QueueStats',
  'QueueStoreOptions',
  'RedisInstance',
  'RedisNode',
  'RedisSettings',
  'RequestOptions',
  'RetryOptions',
  'RouteConsumer',
  'RouteMessage',
  'RouteView',
  'RpcOptions',
  'SendOutcome',
  'SendingEnd',
  'SendingWatch',
  'SentMessage',
  'ServerEvents',
  'ServerStatus',
  'ShutdownOptions',
  'StatsRates',
  'StoredMessage',
  'StrategyName',
  'StrategyOption',
  'TaskDefaults',
  'TaskMessage',
  'TaskPolicyOptions',
];

/** The names lib/index.ts exports as types, read from its text: `export type { … }` and `{ type … }`. */
function exportedTypes(): string[] {
  const text = readFileSync('lib/index.ts', 'utf8');
  const { statements } = ts.createSourceFile('index.ts', text, ts.ScriptTarget.ES2023);
  return statements
    .filter(ts.isExportDeclaration)
    .flatMap(({ isTypeOnly, exportClause }) => {
      if (exportClause === undefined || !ts.isNamedExports(exportClause)) {
        throw new Error('lib/index.ts exports by name only');
      }
      return exportClause.elements.filter((element) => isTypeOnly || element.isTypeOnly);
    })
    .map(({ name }) => name.text)
    .toSorted();
}

describe('the public API', () => {
  it('has these values', () => {
    expect(Object.keys(broker).toSorted()).toEqual(VALUES);
  });

  it('has these types', () => {
    expect(exportedTypes()).toEqual(TYPES);
  });
});
