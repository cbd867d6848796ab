import { toJson } from './escape.js';

/** Where answers go: for people, or with `--json` as one document for programs. */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #json: boolean;
  readonly #colour: boolean;

  constructor(stream: NodeJS.WriteStream, json: boolean) {
    this.#stream = stream;
    this.#json = json;
    // it knows NO_COLOR, too
    this.#colour = stream.isTTY && stream.hasColors();
  }

  get stream(): NodeJS.WriteStream {
    return this.#stream;
  }

  get json(): boolean {
    return this.#json;
  }

  /** @param lines what people read instead of the value */
  answer(value: unknown, lines: () => readonly string[]): void {
    this.#stream.write(`${this.#json ? toJson(value) : lines().join('\n')}\n`);
  }

  /** The first line stands out on a terminal that can do it. */
  headed(lines: readonly string[]): string[] {
    return lines.map((line, i) => (i === 0 && this.#colour ? `\u001b[1m${line}\u001b[22m` : line));
  }
}
