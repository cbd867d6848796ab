import type { WritePacket } from '@nestjs/microservices';
import { sealedPacket } from '../codec/index.js';
import type { PacketDeserializer } from '../config/index.js';
import type { ReplyObserver } from '../runtime/index.js';

/** Reads replies as Nest's clients do, where a serializer made them or a deserializer is set; else they are the data. */
export class ReplyReader {
  readonly #deserializer: PacketDeserializer;
  readonly #isCustom: boolean;

  /** @param isCustom whether it is set, and not Nest's default, which is needed for what a serializer made only */
  constructor(deserializer: PacketDeserializer, isCustom: boolean) {
    this.#deserializer = deserializer;
    this.#isCustom = isCustom;
  }

  /** @returns takes the reply as it arrives, and gives it to `observer` as it was read, in order */
  reading(observer: ReplyObserver): ReplyObserver {
    let reading: Promise<void> | undefined;
    let ended = false;
    const inOrder = (step: () => void | Promise<void>): Promise<void> => {
      reading = (reading ?? Promise.resolve())
        .then(() => (ended ? undefined : step()))
        .catch((error: unknown) => {
          ended = true;
          observer.error(error as Error);
        });
      return reading;
    };
    const read = async (value: unknown): Promise<void> => {
      const { err, response, isDisposed } = await this.#deserialize(value);
      ended = Boolean(err) || isDisposed === true;
      if (err) return observer.error(err as Error);
      const taking = response !== undefined || !ended ? observer.next(response) : undefined;
      if (ended) observer.complete();
      await taking;
    };
    return {
      next: (value) => {
        const sealed = sealedPacket(value);
        if (sealed !== undefined) return inOrder(() => read(sealed.made));
        if (this.#isCustom) return inOrder(() => read({ response: value, isDisposed: false }));
        return reading === undefined ? observer.next(value) : inOrder(() => observer.next(value));
      },
      error: (err) => {
        if (this.#isCustom) void inOrder(() => read({ err, isDisposed: true }));
        else if (reading === undefined) observer.error(err);
        else void inOrder(() => observer.error(err));
      },
      complete: () => {
        if (reading === undefined) observer.complete();
        else void inOrder(() => observer.complete());
      },
    };
  }

  async #deserialize(value: unknown): Promise<WritePacket> {
    return (await this.#deserializer.deserialize(value)) as WritePacket;
  }
}
