import type { Beat, Clock, Lease, Member, QueuePort, Timer } from '../backend/index.js';
import type { ServerClock } from './server-clock.js';

/** Share of the TTL before its end at which an instance stops trusting its lease. */
const MARGIN = 0.1;
/** Longest pause before a failed beat is tried again, in ms. */
const RETRY = 500;

export interface SessionParts {
  readonly queue: QueuePort;
  readonly clock: Clock;
  readonly server: ServerClock;
  readonly lostLimit: number;
  /** The leases in hand, renewed at every beat. */
  readonly held: () => readonly Lease[];
  readonly onBeat: (beat: Beat) => void;
  /** The membership is over: everything in hand belongs to others. */
  readonly onEvicted: () => void;
  readonly onError: (error: unknown) => void;
}

/** One membership: joined, kept by beats, ended by leaving or by eviction. A rejoin is another session. */
export class Session {
  readonly member: Member;
  readonly #parts: SessionParts;
  #timer: Timer | undefined;
  #lastBeat = -Infinity;
  #beating: Promise<void> | undefined;
  #repairing: Promise<void> | undefined;
  #over = false;

  constructor(member: Member, parts: SessionParts) {
    this.member = member;
    this.#parts = parts;
  }

  get consumer(): string {
    return this.member.consumer;
  }

  /** Whether nobody can have evicted it yet: only then a handler may start. */
  get fresh(): boolean {
    return !this.#over && this.sinceBeat < this.member.ttl * (1 - MARGIN);
  }

  get over(): boolean {
    return this.#over;
  }

  /** When the last beat that arrived left here, on the monotonic clock. */
  get lastBeat(): number {
    return this.#lastBeat;
  }

  /** Milliseconds since then. */
  get sinceBeat(): number {
    return this.#parts.clock.monotonic() - this.#lastBeat;
  }

  async join(): Promise<void> {
    const sent = this.#parts.clock.monotonic();
    this.#took(await this.#parts.queue.join(this.member), sent);
    this.#arm();
  }

  /** Beats now, or joins the beat under way. Never rejects. */
  async beat(): Promise<void> {
    if (this.#over) return;
    this.#beating ??= this.#beat().finally(() => (this.#beating = undefined));
    await this.#beating;
  }

  /** Makes names, lanes and groups again after somebody deleted them; finds out about an eviction. */
  async repair(): Promise<void> {
    this.#repairing ??= this.#repair().finally(() => (this.#repairing = undefined));
    await this.#repairing;
  }

  async #repair(): Promise<void> {
    await this.beat();
    if (this.#over) return;
    const sent = this.#parts.clock.monotonic();
    try {
      this.#took(await this.#parts.queue.join(this.member), sent);
    } catch (error) {
      this.#parts.onError(error);
    }
  }

  /** Gives up the membership; what is still held is placed again at once. */
  async leave(): Promise<void> {
    this.end();
    // a join under way would bring it back
    await this.#repairing;
    const { queue, lostLimit } = this.#parts;
    await queue.evict(this.consumer, { leaving: true, lostLimit });
  }

  /** Stops beating. */
  end(): void {
    this.#over = true;
    this.#timer?.cancel();
  }

  async #beat(): Promise<void> {
    const { queue, clock, held } = this.#parts;
    const sent = clock.monotonic();
    this.#timer?.cancel();
    try {
      const beat = await queue.beat(this.consumer, held());
      if (this.#over) return;
      if (beat.status === 'evicted') {
        this.end();
        this.#parts.onEvicted();
        return;
      }
      this.#took(beat, sent);
    } catch (error) {
      if (this.#over) return;
      this.#parts.onError(error);
      this.#timer = clock.after(Math.min(RETRY, this.member.ttl / 3), () => void this.beat());
      return;
    }
    this.#arm();
  }

  #took(beat: Beat, sent: number): void {
    this.#lastBeat = sent;
    this.#parts.server.measure(beat.now, sent);
    this.#parts.onBeat(beat);
  }

  #arm(): void {
    if (this.#over) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(this.member.ttl / 3, () => void this.beat());
  }
}
