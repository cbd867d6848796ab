import { connect as connectPlain } from 'node:net';
import { connect as connectSecretly } from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import type { ClusterNodes } from './cluster-nodes.js';

type ConnectorType = NonNullable<RedisOptions['Connector']>;
type Stream = ReturnType<typeof connectPlain>;

/** How ioredis connects to the node of a cluster that has the keys; each new connection looks for it again. */
export const ownerConnector = (nodes: ClusterNodes): ConnectorType =>
  class OwnerConnector extends AbstractConnector {
    constructor(options: unknown) {
      super((options as RedisOptions).disconnectTimeout ?? 0);
    }

    async connect(): Promise<Stream> {
      this.connecting = true;
      const { host, port = 6379 } = await nodes.owner();
      if (!this.connecting) throw new Error('Connection is closed.');
      const { tls } = nodes;
      const stream =
        tls === undefined ? connectPlain({ host, port }) : connectSecretly({ ...tls, host, port });
      this.stream = stream;
      stream.once('error', (error) => (this.firstError = error));
      return stream;
    }
  };
