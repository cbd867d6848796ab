import type {
  Backend,
  BusPort,
  LinkState,
  QueuePort,
  Reader,
  Unsubscribe,
} from '../backend/index.js';
import { ClosedError } from '../errors/index.js';
import type { Line } from './line.js';

/** A backend at the end of a line: while that is cut, it behaves as a Redis that cannot be reached. */
export class CutBackend implements Backend {
  readonly queue: QueuePort;
  readonly bus: BusPort;
  readonly deadLetters: Backend['deadLetters'];
  readonly inspector: Backend['inspector'];
  readonly #backend: Backend;
  readonly #line: Line;
  readonly #closing = new AbortController();

  constructor(backend: Backend, line: Line) {
    this.#backend = backend;
    this.#line = line;
    const { queue, bus } = backend;
    this.queue = onLine(queue, line, {
      settle: (consumer, delivery, verdict, abandon) =>
        line.isUp
          ? line.call(() => queue.settle(consumer, delivery, verdict, abandon))
          : this.#later([abandon], () => queue.settle(consumer, delivery, verdict, abandon)),
      reader: (...of) => new CutReader(queue.reader(...of), line),
      readyAt: (consumer, lease) => queue.readyAt(consumer, lease),
    });
    this.bus = onLine(bus, line, {
      channel: (kind, name) => bus.channel(kind, name),
      onGap: (listener) => line.onChange(() => line.isUp && listener()),
    });
    this.deadLetters = onLine(backend.deadLetters, line);
    this.inspector = onLine(backend.inspector, line);
  }

  get features(): Backend['features'] {
    return this.#backend.features;
  }

  get link(): LinkState {
    return this.#line.isUp ? this.#backend.link : 'down';
  }

  connect(): Promise<void> {
    return this.#later([], () => this.#backend.connect());
  }

  async close(): Promise<void> {
    this.#closing.abort(new ClosedError());
    await this.#backend.close();
  }

  onLink(listener: (state: LinkState) => void): Unsubscribe {
    const offBackend = this.#backend.onLink(() => listener(this.link));
    const offLine = this.#line.onChange(() => this.#backend.link === 'up' && listener(this.link));
    return () => {
      offBackend();
      offLine();
    };
  }

  async #later<T>(
    signals: readonly (AbortSignal | undefined)[],
    call: () => Promise<T>,
  ): Promise<T> {
    await this.#line.up(this.#closing.signal, ...signals);
    return await call();
  }
}

/** Rides out a cut line: what was handed over meanwhile arrives when it is mended. */
class CutReader implements Reader {
  readonly #reader: Reader;
  readonly #line: Line;
  readonly #closing = new AbortController();

  constructor(reader: Reader, line: Line) {
    this.#reader = reader;
    this.#line = line;
  }

  async fetch(...wanted: Parameters<Reader['fetch']>): ReturnType<Reader['fetch']> {
    await this.#line.up(this.#closing.signal);
    const fetched = await this.#reader.fetch(...wanted);
    await this.#line.up(this.#closing.signal);
    return fetched;
  }

  wake(): void {
    this.#reader.wake();
  }

  async close(): Promise<void> {
    this.#closing.abort(new ClosedError());
    await this.#reader.close();
  }
}

/** A port whose calls go over the line, but for those that say what they do. */
function onLine<P extends object>(port: P, line: Line, own: Partial<P> = {}): P {
  return new Proxy(port, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return own[name as keyof P];
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: readonly unknown[]): unknown =>
        line.call((): unknown => Reflect.apply(value, target, given));
    },
  });
}
