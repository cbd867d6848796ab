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
    const inOrder = (step: () => void | Promise<void>): void => {
      reading = (reading ?? Promise.resolve())
        .then(() => (ended ? undefined : step()))
        .catch((error: unknown) => {
          ended = true;
          observer.error(error as Error);
        });
    };
    const read = async (value: unknown): Promise<void> => {
      const { err, response, isDisposed } = await this.#deserialize(value);
      ended = Boolean(err) || isDisposed === true;
      if (err) return observer.error(err as Error);
      if (response !== undefined || !ended) observer.next(response);
      if (ended) observer.complete();
    };
    return {
      next: (value) => {
        const sealed = sealedPacket(value);
        if (sealed !== undefined) inOrder(() => read(sealed.made));
        else if (this.#isCustom) inOrder(() => read({ response: value, isDisposed: false }));
        else if (reading === undefined) observer.next(value);
        else inOrder(() => observer.next(value));
      },
      error: (err) => {
        if (this.#isCustom) inOrder(() => read({ err, isDisposed: true }));
        else if (reading === undefined) observer.error(err);
        else inOrder(() => observer.error(err));
      },
      complete: () => {
        if (reading === undefined) observer.complete();
        else inOrder(() => observer.complete());
      },
    };
  }

  async #deserialize(value: unknown): Promise<WritePacket> {
    return (await this.#deserializer.deserialize(value)) as WritePacket;
  }
}
