import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { nodeTypeScript } from '../../support/node-typescript.js';
import type { Answer, Calls, ContenderName } from './calls.js';

export interface ProcessOptions {
  readonly contender: ContenderName;
  readonly from: 'lib' | 'dist';
  /** Where the process leaves a profile of its processor time. */
  readonly profile?: string;
}

type Waiting = {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
};

/** A process of a contender, seen from the orchestrator. */
export class ContenderProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  constructor({ contender, from, profile }: ProcessOptions) {
    const [flag, loader, file] = nodeTypeScript(
      new URL('contender.worker.ts', import.meta.url),
      from,
    ) as [string, string, string];
    const profiling =
      profile === undefined
        ? []
        : ['--cpu-prof', '--cpu-prof-interval', '500', '--cpu-prof-dir', profile];
    this.#child = fork(file, [contender], { execArgv: [...profiling, flag, loader] });
    this.#child.on('message', (answer: Answer) => this.#answered(answer));
    this.#child.once('exit', (code) => this.#ended(`${contender} ended with ${code}`));
  }

  async call<M extends keyof Calls>(
    method: M,
    ...args: Parameters<Calls[M]>
  ): Promise<Awaited<ReturnType<Calls[M]>>> {
    const id = this.#next++;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, method, args });
    });
    return (await answer) as Awaited<ReturnType<Calls[M]>>;
  }

  /** Closes what is open and ends the process. */
  async end(): Promise<void> {
    if (!this.#child.connected) return;
    await this.call('close');
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.value);
  }

  #ended(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}
