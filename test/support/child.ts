import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { FactLog } from './fact-log.js';
import { nodeTypeScript } from './node-typescript.js';

/** What a child process answers to a call. */
interface Answer {
  readonly answer: number;
  readonly value?: unknown;
  readonly error?: unknown;
}

export interface ChildOptions {
  /** The TypeScript file it runs. */
  readonly file: URL;
  /** Handed over as JSON, see {@link childInput}. */
  readonly input: unknown;
  /** Modules loaded before anything else, as URLs. */
  readonly preload?: readonly string[];
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of its own that tells facts, and answers calls while it lives. */
export class Child<Fact> {
  /** Everything it has told so far. */
  readonly facts = new FactLog<Fact>();
  /** What it wrote to its error output. */
  errors = '';
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #calls = new Map<number, (answer: Answer) => void>();
  #next = 0;

  constructor({ file, input, preload = [] }: ChildOptions) {
    const [flag = '', loader = '', path = ''] = nodeTypeScript(file);
    const preloads = preload.flatMap((module) => [flag, module]);
    this.#process = fork(path, [JSON.stringify(input)], {
      execArgv: [...preloads, flag, loader],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.exited = once(this.#process, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    this.#process.stderr?.on('data', (bytes: Buffer) => (this.errors += bytes.toString()));
    this.#process.on('message', (message) => this.#receive(message));
    void this.exited.then(() => this.#endCalls());
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get alive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it by force. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.exited;
  }

  /** Rejects when the process ends without an answer. */
  async call<T>(command: string, ...args: readonly unknown[]): Promise<T> {
    const call = this.#next++;
    return await new Promise<T>((resolve, reject) => {
      this.#calls.set(call, ({ value, error }) => {
        if (error === undefined) resolve(value as T);
        else reject(Object.assign(new Error('the call failed in the child'), error));
      });
      this.#process.send({ call, command, args }, (error) => {
        if (error !== null) this.#receive({ answer: call, error: { message: error.message } });
      });
    });
  }

  #receive(message: unknown): void {
    if (typeof (message as Answer).answer !== 'number') {
      this.facts.add(message as Fact);
      return;
    }
    const answer = message as Answer;
    this.#calls.get(answer.answer)?.(answer);
    this.#calls.delete(answer.answer);
  }

  #endCalls(): void {
    for (const end of this.#calls.values()) end({ answer: 0, error: { message: 'it ended' } });
    this.#calls.clear();
  }
}

/** In the child: what it was started with. */
export const childInput = <T>(): T => JSON.parse(process.argv[2] ?? '') as T;

/** In the child: tells a fact; `told` is called when it cannot be lost any more. */
export function tell(fact: object, told: () => void = () => undefined): void {
  process.send?.(fact, () => told());
}

/** In the child: answers calls. The child ends when its parent is gone. */
export function answerCalls(commands: Record<string, (...args: never[]) => unknown>): void {
  process.on(
    'message',
    ({ call, command, args }: { call: number; command: string; args: never[] }) => {
      void answer(async () => await commands[command]?.(...args)).then((result) =>
        tell({ answer: call, ...result }),
      );
    },
  );
  process.on('disconnect', () => process.exit());
  // the parent was gone before this line was reached
  if (!process.connected) process.exit();
}

/** In the child: nothing is told any more, and nothing keeps the process alive. */
export function hangUp(): void {
  process.removeAllListeners('disconnect');
  if (process.connected) process.disconnect();
}

async function answer(run: () => Promise<unknown>): Promise<{ value?: unknown; error?: object }> {
  try {
    return { value: await run() };
  } catch (thrown) {
    const { name, message, code, outcome } = thrown as Error & { code?: string; outcome?: string };
    return { error: { name, message, code, outcome } };
  }
}
