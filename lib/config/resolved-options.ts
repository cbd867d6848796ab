import type { PayloadCodec } from '../codec/index.js';
import type { RuntimeSettings } from '../runtime/index.js';
import type { ConfiguredHandlers } from './configured-handlers.js';
import type { BrokerLogger, PacketDeserializer, PacketSerializer } from './options.js';
import type { RedisParts } from './redis-address.js';

/** The options as everything else sees them: complete, checked, frozen. */
export interface ResolvedOptions {
  readonly name: string;
  readonly appName: string;
  readonly prefix: string;
  readonly mode: 'memory' | 'redis' | 'hybrid';
  readonly redis: RedisParts;
  /** Where turns are decided, if that is not where the queue is. */
  readonly turns: { readonly redis: RedisParts; readonly prefix: string } | undefined;
  /** Whether events go by sharded Pub/Sub. */
  readonly shardedEvents: boolean;
  /** Replicas that must have what is sent, and how long one try waits for them, in ms. */
  readonly durability: { readonly replicas: number; readonly timeout: number } | undefined;
  /** The stream and the group that Go-Broker services use. */
  readonly shared: { readonly stream: string; readonly group: string } | undefined;
  readonly settings: RuntimeSettings;
  /** Names and options of handlers, by the key that decorators say. */
  readonly handlers: ConfiguredHandlers;
  readonly codec: PayloadCodec;
  readonly serializer: PacketSerializer | undefined;
  readonly deserializer: PacketDeserializer | undefined;
  readonly logger: BrokerLogger | undefined;
  readonly autoStart: boolean;
  /** What people should know although it is allowed. */
  readonly warnings: readonly string[];
}
