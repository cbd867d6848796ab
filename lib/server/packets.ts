import { sealPacket, sealedPacket } from '../codec/index.js';
import type { PacketDeserializer, PacketSerializer } from '../config/index.js';
import type { HandlingContext } from '../runtime/index.js';

/** How messages are read and replies are made, as Nest's own servers are told; by default both are the data alone. */
export interface PacketOptions {
  readonly serializer?: PacketSerializer | undefined;
  readonly deserializer?: PacketDeserializer | undefined;
}

/** Reads messages and writes replies with Nest's serializers, where one was used or is set. */
export class Packets {
  readonly #serializer: PacketSerializer | undefined;
  readonly #deserializer: PacketDeserializer;
  readonly #isCustom: boolean;

  /** @param byDefault Nest's own: it reads what a client's serializer made where no deserializer is set */
  constructor({ serializer, deserializer }: PacketOptions, byDefault: PacketDeserializer) {
    this.#serializer = serializer;
    this.#isCustom = deserializer !== undefined;
    this.#deserializer = deserializer ?? byDefault;
  }

  /** Hands the data of a message to `handle`; at once, where there is nothing to read. */
  read(payload: unknown, handling: HandlingContext, handle: (data: unknown) => unknown): unknown {
    const sealed = sealedPacket(payload);
    if (sealed === undefined && !this.#isCustom) return handle(payload);
    const { id, kind, name, headers } = handling;
    const packet =
      sealed === undefined
        ? { pattern: name, data: payload, metadata: headers, ...(kind === 'request' ? { id } : {}) }
        : sealed.made;
    return this.#dataOf(packet, name).then(handle);
  }

  /** What a value of a reply travels as. */
  write(response: unknown, handling: HandlingContext): unknown {
    if (this.#serializer === undefined) return response;
    return sealPacket(this.#serializer.serialize({ id: handling.id, response }));
  }

  async #dataOf(packet: unknown, channel: string): Promise<unknown> {
    const read = await this.#deserializer.deserialize(packet, { channel });
    return (read as { readonly data?: unknown } | undefined)?.data;
  }
}
