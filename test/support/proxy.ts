import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** `requests` go to the server, `replies` come from it. */
export type Direction = 'requests' | 'replies';

/** Which connections: those whose client gave itself a name that matches; absent: all. */
type Which = RegExp | undefined;

/** A piece of network through which nothing comes. */
export interface BlackHole {
  /**
   * Ends it. `deliver`: what was under way arrives now, late, also from clients that gave up meanwhile, as TCP
   * does; `cut`: the connections it held break; `forget`: they stay dead and nobody is told, new ones work.
   */
  heal(how: 'deliver' | 'cut' | 'forget'): void;
}

export interface BlackHoleOptions {
  readonly which?: RegExp;
  /** Default: both. */
  readonly direction?: Direction;
  /** Whether connections made later are held as well; default true. */
  readonly lasting?: boolean;
}

interface Rule {
  readonly directions: readonly Direction[];
  readonly which: Which;
  /** The only connections it holds; absent: those made later as well. */
  only: ReadonlySet<Wire> | undefined;
}

/** Waits for a request that contains a text. */
interface Trap {
  readonly text: string;
  /** Bytes of it that still arrive; absent: all of it does, its reply does not. */
  readonly bytes?: number;
  readonly caught: () => void;
}

/** A TCP proxy on loopback that does to its connections what networks do. */
export class Proxy {
  readonly host = '127.0.0.1';
  readonly #server: Server;
  readonly #wires = new Set<Wire>();
  readonly #rules = new Set<Rule>();
  #traps: Trap[] = [];
  #refusing = false;
  #latency = 0;

  private constructor(private readonly target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(target: { readonly host: string; readonly port: number }): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, proxy.host, resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://${this.host}:${this.port}`;
  }

  /** Names of the connections whose clients are there. */
  get names(): readonly string[] {
    return [...this.#wires].filter((wire) => !wire.abandoned).map((wire) => wire.name);
  }

  /** Breaks connections on both sides; returns how many. */
  cut(which?: RegExp): number {
    const found = this.#find(which);
    for (const wire of found) wire.cut();
    return found.length;
  }

  /** Breaks connections for the client only: the server does not notice. Returns how many. */
  cutClients(which?: RegExp): number {
    const found = this.#find(which);
    for (const wire of found) wire.abandon();
    return found.length;
  }

  /** New connections are refused until {@link accept}. */
  refuse(): void {
    this.#refusing = true;
  }

  accept(): void {
    this.#refusing = false;
  }

  /** Every byte takes `ms` longer from now on, in each direction. */
  delay(ms: number): void {
    this.#latency = ms;
  }

  /** From now on nothing arrives, and nobody is told. */
  blackHole({ which, direction, lasting = true }: BlackHoleOptions = {}): BlackHole {
    const directions = direction === undefined ? (['requests', 'replies'] as const) : [direction];
    const only = lasting ? undefined : new Set(this.#find(which));
    const rule: Rule = { directions, which, only };
    this.#rules.add(rule);
    return {
      heal: (how) => {
        const held = [...this.#wires].filter((wire) => this.#covers(rule, wire));
        if (how === 'forget') {
          rule.only = new Set(held);
          return;
        }
        this.#rules.delete(rule);
        for (const wire of held) {
          if (how === 'deliver') wire.flush();
          else wire.cut();
        }
      },
    };
  }

  /** The next request that contains `text` arrives, but its reply is lost with the connection. */
  async loseReply(text: string): Promise<void> {
    await new Promise<void>((caught) => this.#traps.push({ text, caught }));
  }

  /** Of the next request that contains `text` only the first bytes arrive, and nothing after them. */
  async tear(text: string, bytes: number): Promise<void> {
    await new Promise<void>((caught) => this.#traps.push({ text, bytes, caught }));
  }

  async close(): Promise<void> {
    for (const wire of this.#wires) wire.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #find(which: Which): Wire[] {
    return [...this.#wires].filter((wire) => !wire.abandoned && matches(wire, which));
  }

  #covers({ which, only }: Rule, wire: Wire): boolean {
    return matches(wire, which) && (only?.has(wire) ?? true);
  }

  #accept(client: Socket): void {
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const wire: Wire = new Wire(client, connect(this.target), {
      latency: () => this.#latency,
      isHeld: (direction) =>
        [...this.#rules].some(
          (rule) => rule.directions.includes(direction) && this.#covers(rule, wire),
        ),
      trap: (text) => this.#spring(text),
      ended: () => this.#wires.delete(wire),
    });
    this.#wires.add(wire);
  }

  #spring(text: string): Trap | undefined {
    const trap = this.#traps.find((candidate) => text.includes(candidate.text));
    this.#traps = this.#traps.filter((candidate) => candidate !== trap);
    return trap;
  }
}

const matches = (wire: Wire, which: Which): boolean => which?.test(wire.name) ?? true;

interface WireParts {
  readonly latency: () => number;
  readonly isHeld: (direction: Direction) => boolean;
  readonly trap: (text: string) => Trap | undefined;
  readonly ended: () => void;
}

/** How much of a connection's beginning is searched for its name. */
const HEAD = 4_096;
/** A text of a trap may lie on both sides of a packet's end. */
const OVERLAP = 64;

/** One connection: two sockets and what lies between them. */
class Wire {
  name = '';
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #parts: WireParts;
  readonly #held: Record<Direction, Buffer[]> = { requests: [], replies: [] };
  readonly #delayed: Record<Direction, Buffer[]> = { requests: [], replies: [] };
  #head = '';
  #tail = '';
  #abandoned = false;
  /** After a torn request nothing more arrives. */
  #torn = false;
  /** Called instead of passing the next reply on. */
  #onReply: (() => void) | undefined;

  constructor(client: Socket, server: Socket, parts: WireParts) {
    this.#client = client;
    this.#server = server;
    this.#parts = parts;
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (bytes: Buffer) => this.#request(bytes));
    server.on('data', (bytes: Buffer) => this.#reply(bytes));
    client.on('close', () => this.#clientGone());
    server.on('close', () => this.cut());
    for (const socket of [client, server]) socket.on('error', () => undefined);
  }

  /** Whether only the server's side is left. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  cut(): void {
    this.#client.destroy();
    this.#server.destroy();
    this.#parts.ended();
  }

  abandon(): void {
    this.#abandoned = true;
    this.#client.destroy();
  }

  /** Passes on what was held. */
  flush(): void {
    for (const bytes of this.#held.requests.splice(0)) this.#send(this.#server, bytes);
    for (const bytes of this.#held.replies.splice(0)) this.#send(this.#client, bytes);
    if (this.#client.destroyed && !this.#abandoned) this.#server.end();
  }

  #request(bytes: Buffer): void {
    this.#sniff(bytes);
    if (this.#torn) return;
    const text = this.#tail + bytes.toString('latin1');
    this.#tail = text.slice(-OVERLAP);
    const trap = this.#parts.trap(text);
    if (trap !== undefined) this.#tail = '';
    if (trap?.bytes !== undefined) return this.#tear(bytes, text.indexOf(trap.text), trap);
    if (trap !== undefined) this.#onReply = trap.caught;
    this.#pass('requests', bytes);
  }

  #reply(bytes: Buffer): void {
    const caught = this.#onReply;
    if (caught === undefined) return this.#pass('replies', bytes);
    this.#client.destroy();
    caught();
  }

  #tear(bytes: Buffer, at: number, { bytes: arriving = 0, caught }: Trap): void {
    this.#torn = true;
    // the request begins at the last array header before its text
    const start = Math.max(0, bytes.lastIndexOf('*', at, 'latin1'));
    this.#send(this.#server, bytes.subarray(0, start + arriving));
    caught();
  }

  #pass(direction: Direction, bytes: Buffer): void {
    if (this.#held[direction].length > 0 || this.#parts.isHeld(direction)) {
      this.#held[direction].push(bytes);
    } else {
      this.#send(direction === 'requests' ? this.#server : this.#client, bytes);
    }
  }

  /** Nothing overtakes anything, also when the latency changes. */
  #send(socket: Socket, bytes: Buffer): void {
    const latency = this.#parts.latency();
    const delayed = socket === this.#client ? this.#delayed.replies : this.#delayed.requests;
    delayed.push(bytes);
    const write = (): void => {
      const first = delayed.shift();
      if (first !== undefined && !socket.destroyed) socket.write(first);
    };
    if (latency === 0 && delayed.length === 1) write();
    else setTimeout(write, latency);
  }

  #clientGone(): void {
    if (this.#abandoned || this.#parts.isHeld('requests')) return;
    // what was sent before arrives, then the end
    this.#server.end();
  }

  #sniff(bytes: Buffer): void {
    if (this.name !== '' || this.#head.length >= HEAD) return;
    this.#head += bytes.toString('latin1');
    const found = /setname\r\n\$\d+\r\n([\x21-\x7e]+)\r\n/i.exec(this.#head);
    if (found !== null) this.name = found[1] ?? '';
  }
}
