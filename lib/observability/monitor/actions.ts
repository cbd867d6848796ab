import type { LoggerService } from '@nestjs/common';
import { MAX_WEIGHT, isWeight } from '../../balancer/index.js';
import { InvalidOptionsError } from '../../errors/index.js';
import { checkName } from '../../message/index.js';
import type { Runtime } from '../../runtime/index.js';

/** Messages one action takes. */
const MOST = 500;

/** Whoever asks, as the request tells: its address and, where a guard has said so, its user. */
export type Who = string;

/** How many messages or instances an action has changed. */
export interface Done {
  readonly done: number;
}

/** What the page can do. What was done is logged. */
export class MonitorActions {
  readonly #runtime: Runtime;
  readonly #log: Pick<LoggerService, 'log'>;

  constructor(runtime: Runtime, log: Pick<LoggerService, 'log'>) {
    this.#runtime = runtime;
    this.#log = log;
  }

  async replay(body: unknown, who: Who): Promise<Done> {
    const entries = textsIn(body, 'entries');
    const done = await this.#runtime.deadLetters.replay(entries);
    return this.#tell(`${done} dead letters replayed`, entries, { done, who });
  }

  async drop(body: unknown, who: Who): Promise<Done> {
    const entries = textsIn(body, 'entries');
    const done = await this.#runtime.deadLetters.drop(entries);
    return this.#tell(`${done} dead letters dropped`, entries, { done, who });
  }

  /** Counts those that were taken out, and those whose handlers were told. */
  async cancel(body: unknown, who: Who): Promise<Done> {
    const ids = textsIn(body, 'ids');
    let done = 0;
    for (const id of ids) if ((await this.#runtime.sender.cancel(id)) !== 'unknown') done += 1;
    return this.#tell(`${done} messages cancelled`, ids, { done, who });
  }

  async pause(body: unknown, who: Who): Promise<Done> {
    const queue = checkName('queue', textIn(body, 'queue'));
    const service = checkName('service', textIn(body, 'service'));
    const requests = fieldOf(body, 'requests') === true;
    await this.#runtime.pause({ queue, service, requests }, true);
    const what = `queue paused${requests ? ', requests too' : ''}`;
    return this.#tell(what, [`${service}/${queue}`], { done: 1, who });
  }

  async resume(body: unknown, who: Who): Promise<Done> {
    const queue = checkName('queue', textIn(body, 'queue'));
    const service = checkName('service', textIn(body, 'service'));
    await this.#runtime.pause({ queue, service, requests: true }, false);
    return this.#tell('queue resumed', [`${service}/${queue}`], { done: 1, who });
  }

  async pauseInstance(body: unknown, who: Who): Promise<Done> {
    return await this.#setPaused(body, true, who);
  }

  async resumeInstance(body: unknown, who: Who): Promise<Done> {
    return await this.#setPaused(body, false, who);
  }

  async weight(body: unknown, who: Who): Promise<Done> {
    const id = textIn(body, 'id');
    const weight = fieldOf(body, 'weight');
    if (!isWeight(weight)) {
      throw new InvalidOptionsError(
        `weight is ${JSON.stringify(weight)}, allowed: a whole number from 0 to ${MAX_WEIGHT}`,
      );
    }
    const done = (await this.#runtime.setWeight(id, weight)) ? 1 : 0;
    return this.#tell(`weight ${weight} for ${done} instances`, [id], { done, who });
  }

  async #setPaused(body: unknown, paused: boolean, who: Who): Promise<Done> {
    const id = textIn(body, 'id');
    const done = (await this.#runtime.pauseMember(id, paused)) ? 1 : 0;
    return this.#tell(`${done} instances ${paused ? 'paused' : 'resumed'}`, [id], { done, who });
  }

  #tell(what: string, of: readonly string[], { done, who }: Done & { readonly who: Who }): Done {
    // as JSON: what comes with a request begins no line of its own
    const some = of.slice(0, 10).map((text) => text.slice(0, 300));
    const more = of.length > some.length ? ` and ${of.length - some.length} more` : '';
    this.#log.log(`${what}: ${JSON.stringify(some)}${more}, by ${JSON.stringify(who)}`);
    return { done };
  }
}

const fieldOf = (body: unknown, field: string): unknown =>
  typeof body === 'object' && body !== null
    ? (body as Readonly<Record<string, unknown>>)[field]
    : undefined;

/** @throws InvalidOptionsError */
function textIn(body: unknown, field: string): string {
  const value = fieldOf(body, field);
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidOptionsError(`the body of the action needs "${field}": a text`);
}

/** @throws InvalidOptionsError */
function textsIn(body: unknown, field: string): string[] {
  const value = fieldOf(body, field);
  const isList =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MOST &&
    value.every((text) => typeof text === 'string' && text !== '');
  if (isList) return value as string[];
  throw new InvalidOptionsError(
    `the body of the action needs "${field}": a list of 1 to ${MOST} texts`,
  );
}
