import type { ReadPacket } from '@nestjs/microservices';
import { sealPacket } from '../codec/index.js';
import type { PacketSerializer } from '../config/index.js';
import { BrokerRecord } from './broker-record.js';

/** A message on its way out: what is sent, and the options of its call as they were given, if any were. */
export interface Outgoing {
  readonly data: unknown;
  readonly options: unknown;
}

/**
 * Takes a packet apart: the options of a record, what a dispatch hook attached, and what the caller said, which
 * beats the record.
 * @param serializer makes the payload of the whole packet, as Nest's do
 */
export function toOutgoing(
  packet: ReadPacket,
  given: unknown,
  serializer: PacketSerializer | undefined,
): Outgoing {
  const { data, metadata } = packet as { readonly data: unknown; readonly metadata?: object };
  const record = data instanceof BrokerRecord ? data : undefined;
  const bare: unknown = record === undefined ? data : record.data;
  const sent =
    serializer === undefined ? bare : sealPacket(serializer.serialize({ ...packet, data: bare }));
  if (record === undefined && metadata === undefined) return { data: sent, options: given };
  if (!isMergeable(record?.options) || !isMergeable(given)) {
    // whoever reads the options says what is wrong with them
    return { data: sent, options: isMergeable(given) ? record?.options : given };
  }
  const options: { headers?: unknown } = { ...record?.options, ...given };
  const { headers } = options;
  if (metadata !== undefined && isMergeable(headers)) options.headers = { ...metadata, ...headers };
  return { data: sent, options };
}

const isMergeable = (value: unknown): value is object | undefined =>
  value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value));
