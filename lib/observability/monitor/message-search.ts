import type { MessageState } from '../../backend/index.js';
import type { Runtime } from '../../runtime/index.js';
import type { MessageView, MessageViews } from './message-view.js';

/** Messages of one look at the backend, messages of a page, and bounds of one search: messages and ms. */
const CHUNK = 50;
const PAGE = 50;
const MOST = 1_000;
const PATIENCE = 2_000;

export interface SearchQuery {
  readonly state: MessageState | 'dead';
  readonly name?: string;
  /** Text in id, name, key, headers, payload, holder or error, as they are shown; upper and lower case are the same. */
  readonly text?: string;
  readonly after?: string;
}

export interface SearchPage {
  readonly messages: readonly MessageView[];
  /** How many were looked at. */
  readonly looked: number;
  /** Where to go on; absent: that was all. */
  readonly next?: string;
}

/** Looks for messages, a bounded number at a time. */
export class MessageSearch {
  readonly #runtime: Runtime;
  readonly #views: MessageViews;

  constructor(runtime: Runtime, views: MessageViews) {
    this.#runtime = runtime;
    this.#views = views;
  }

  async page(query: SearchQuery): Promise<SearchPage> {
    const messages: MessageView[] = [];
    const text = query.text?.toLowerCase();
    const end = performance.now() + PATIENCE;
    let looked = 0;
    let after = query.after;
    do {
      const page = await this.#look(query, after);
      looked += page.looked;
      messages.push(...page.messages.filter((view) => text === undefined || has(view, text)));
      after = page.next;
    } while (
      after !== undefined &&
      messages.length < PAGE &&
      looked < MOST &&
      performance.now() < end
    );
    return { messages, looked, ...(after === undefined ? {} : { next: after }) };
  }

  async #look({ state, name }: SearchQuery, after: string | undefined): Promise<SearchPage> {
    const place = after === undefined ? {} : { after };
    if (state !== 'dead') {
      const query = { state, count: CHUNK, ...place, ...(name === undefined ? {} : { name }) };
      const { messages, ...rest } = await this.#runtime.inspector.messages(query);
      return { ...rest, messages: messages.map((found) => this.#views.ofFound(found)) };
    }
    const letters = await this.#runtime.deadLetters.list({ count: CHUNK, ...place });
    const last = letters.length === CHUNK ? letters.at(-1)?.entry : undefined;
    const views = letters.map((letter) => this.#views.ofDead(letter));
    return {
      messages: views.filter((view) => name === undefined || view.name === name),
      looked: letters.length,
      ...(last === undefined ? {} : { next: last }),
    };
  }
}

function has(view: MessageView, text: string): boolean {
  const { id, key, headers, payload, consumer, error } = view;
  const texts = [id, key, payload.text, consumer, error?.name, error?.message, error?.code];
  return [...texts, ...Object.entries(headers).flat()].some(
    (part) => part?.toLowerCase().includes(text) === true,
  );
}
