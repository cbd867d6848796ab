import type { DeadLetter, DeadLettersPort } from '../index.js';
import type { Connection } from './connection.js';
import { copyEnvelope } from './copy-envelope.js';
import { replay } from './steps/replay.js';

export class MemoryDeadLetters implements DeadLettersPort {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async list(options: { readonly after?: string; readonly count: number }): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    for (const letter of this.#connection.hub.grave.after(options.after)) {
      if (letters.length >= options.count) break;
      letters.push(copyLetter(letter));
    }
    return letters;
  }

  async replay(entries: readonly string[]): Promise<number> {
    const { hub } = this.#connection;
    return entries.filter((entry) => replay(hub, entry)).length;
  }

  async drop(entries: readonly string[]): Promise<number> {
    const { grave } = this.#connection.hub;
    return entries.filter((entry) => grave.take(entry) !== undefined).length;
  }
}

const copyLetter = (letter: DeadLetter): DeadLetter => ({
  ...letter,
  envelope: copyEnvelope(letter.envelope),
  payload: Buffer.from(letter.payload),
  error: { ...letter.error },
});
