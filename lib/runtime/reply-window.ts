import type { Clock, Timer } from '../backend/index.js';
import { OverloadedError } from '../errors/index.js';

/** How far a reply may run ahead of its caller. */
const WINDOW = { values: 256, bytes: 1024 * 1024 };
/** What a source that cannot be slowed down may leave waiting behind that. */
const BACKLOG = { values: 10_000, bytes: 16 * 1024 * 1024 };
/** How long, in ms, the caller may say nothing before it is asked. */
const PROBE = 1_000;

type Body = string | Uint8Array;

export interface ReplyWindowParts {
  readonly clock: Clock;
  readonly name: string;
  readonly send: (body: Body, sequence: number) => void;
  /** Asks the caller how many values it has; `sent` left so far. */
  readonly probe: (sent: number) => void;
}

/** Lets the values of a streamed reply go as its caller takes them, so that neither side piles them up. */
export class ReplyWindow {
  readonly #parts: ReplyWindowParts;
  /** Sizes of the values that were sent and not taken yet. */
  readonly #flying: number[] = [];
  #flyingBytes = 0;
  #backlog: Body[] = [];
  #backlogBytes = 0;
  #sent = 0;
  #taken = 0;
  #timer: Timer | undefined;
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  constructor(parts: ReplyWindowParts) {
    this.#parts = parts;
  }

  get sent(): number {
    return this.#sent;
  }

  /**
   * Sends the value, or puts it aside until the caller has taken earlier ones.
   * @returns when the next value should come, if not at once
   * @throws OverloadedError when too much is put aside
   */
  push(body: Body): Promise<void> | undefined {
    if (this.#backlog.length === 0 && this.#hasRoom) this.#send(body);
    else this.#putAside(body);
    return this.#hasRoom ? undefined : this.#room();
  }

  /** Resolves when nothing is put aside any more. */
  async flushed(): Promise<void> {
    while (this.#backlog.length > 0) await this.#change();
  }

  async #room(): Promise<void> {
    while (!this.#closed && !this.#hasRoom) await this.#change();
  }

  /** Resolves with the next word of the caller. */
  async #change(): Promise<void> {
    this.#watch();
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The caller has taken that many values in all. */
  taken(count: number): void {
    if (this.#closed || count <= this.#taken || count > this.#sent) return;
    for (const size of this.#flying.splice(0, count - this.#taken)) this.#flyingBytes -= size;
    this.#taken = count;
    this.#timer?.cancel();
    this.#timer = undefined;
    let at = 0;
    while (at < this.#backlog.length && this.#hasRoom) this.#send(this.#backlog[at++]!, true);
    this.#backlog.splice(0, at);
    if (this.#backlog.length > 0) this.#watch();
    this.#wake();
  }

  /** What is put aside is dropped; whoever waits goes on. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#backlog = [];
    this.#wake();
  }

  get #hasRoom(): boolean {
    return this.#flying.length < WINDOW.values && this.#flyingBytes < WINDOW.bytes;
  }

  #send(body: Body, wasAside = false): void {
    const size = Buffer.byteLength(body);
    this.#flying.push(size);
    this.#flyingBytes += size;
    if (wasAside) this.#backlogBytes -= size;
    this.#parts.send(body, this.#sent++);
  }

  #putAside(body: Body): void {
    this.#backlogBytes += Buffer.byteLength(body);
    if (this.#backlog.length >= BACKLOG.values || this.#backlogBytes > BACKLOG.bytes) {
      throw new OverloadedError(
        `the caller of "${this.#parts.name}" does not keep up: ${this.#backlog.length} values wait for it`,
      );
    }
    this.#backlog.push(body);
    this.#watch();
  }

  /** A lost credit must not stop the stream, and a lost value must show. */
  #watch(): void {
    this.#timer ??= this.#parts.clock.after(PROBE, () => {
      this.#timer = undefined;
      this.#parts.probe(this.#sent);
      this.#watch();
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
