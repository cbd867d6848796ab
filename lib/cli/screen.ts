import { charactersOf } from './table.js';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H\u001b[2J';
const CTRL_C = '\u0003';

/** Frames on a terminal, one over the other; elsewhere one below the other. The terminal is as it was after `close`. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #keys: NodeJS.ReadStream;
  readonly #left = new AbortController();
  #interrupted = false;
  #first = true;

  constructor(out: NodeJS.WriteStream, keys: NodeJS.ReadStream) {
    this.#out = out;
    this.#keys = keys;
    process.on('SIGINT', this.#interrupt);
    process.on('SIGTERM', this.#interrupt);
    if (!out.isTTY) return;
    out.write(ENTER);
    if (!keys.isTTY) return;
    keys.setRawMode(true);
    keys.on('data', this.#onKey);
  }

  /** Aborted when somebody wants to leave. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** Whether it was by Ctrl-C or a signal. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  show(lines: readonly string[]): void {
    if (this.#out.isTTY) {
      const { columns, rows } = this.#out;
      const fitting = lines.slice(0, Math.max(1, rows - 1));
      const text = fitting.map((line) => charactersOf(line).slice(0, columns).join('')).join('\n');
      this.#out.write(HOME + text);
      return;
    }
    this.#out.write(`${this.#first ? '' : '\n'}${lines.join('\n')}\n`);
    this.#first = false;
  }

  close(): void {
    process.off('SIGINT', this.#interrupt);
    process.off('SIGTERM', this.#interrupt);
    if (!this.#out.isTTY) return;
    this.#out.write(LEAVE);
    if (!this.#keys.isTTY) return;
    this.#keys.off('data', this.#onKey);
    this.#keys.setRawMode(false);
    this.#keys.pause();
  }

  readonly #interrupt = (): void => {
    this.#interrupted = true;
    this.#left.abort();
  };

  readonly #onKey = (bytes: Buffer): void => {
    const typed = bytes.toString();
    if (typed.includes(CTRL_C)) this.#interrupt();
    else if (typed.toLowerCase().includes('q')) this.#left.abort();
  };
}
