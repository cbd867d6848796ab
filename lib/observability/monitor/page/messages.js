import { cancel, drop, get, replay } from './actions.js';
import { byId, h, setText } from './dom.js';
import { plural } from './format.js';
import { messageItem } from './message.js';

/** @typedef {import('../message-view.js').MessageView} Message */

const STATES = /** @type {const} */ ([
  ['dead', 'Dead letters'],
  ['waiting', 'Waiting'],
  ['running', 'Running'],
  ['delayed', 'Delayed'],
  ['gated', 'Behind a key'],
]);

/** The search, its results, and what can be done with them. */
export class Messages {
  #form = /** @type {HTMLFormElement} */ (byId('search'));
  #list = byId('list');
  #more = byId('more');
  #chosen = byId('chosen');
  /** @type {Map<HTMLInputElement, Message>} */
  #boxes = new Map();
  /** @type {string | undefined} */
  #next;
  #looked = 0;
  #found = 0;
  /** Counts searches: what an earlier one brings late is not shown. */
  #search = 0;
  #now;
  #readOnly = true;

  /** @param {() => number} now the time, on the backend's clock */
  constructor(now) {
    this.#now = now;
    for (const [value, title] of STATES) {
      const input = h('input', {
        type: 'radio',
        name: 'state',
        value,
        change: () => void this.look(),
      });
      byId('states').append(h('label', {}, input, h('span', {}, title)));
    }
    this.#choose('dead');
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.look();
    });
    this.#more.addEventListener('click', () => void this.#lookFurther());
    this.#list.addEventListener('change', () => this.#showChosen());
  }

  /** @param {boolean} readOnly */
  begin(readOnly) {
    this.#readOnly = readOnly;
    void this.look();
  }

  /** @param {string} state */
  showState(state) {
    this.#choose(state);
    void this.look();
  }

  /** Of one name, where most of them will be. @param {string} name */
  showName(name) {
    const field = /** @type {HTMLInputElement} */ (this.#form.elements.namedItem('name'));
    field.value = name;
    this.showState('waiting');
  }

  /** Searches from the beginning. */
  async look() {
    this.#search += 1;
    this.#looked = 0;
    this.#found = 0;
    this.#next = undefined;
    this.#boxes.clear();
    this.#list.replaceChildren();
    this.#showChosen();
    await this.#lookFurther();
  }

  async #lookFurther() {
    const search = this.#search;
    const fields = new FormData(this.#form);
    /** @type {Record<string, string>} */
    const query = {};
    for (const [name, value] of fields) query[name] = /** @type {string} */ (value);
    if (this.#next !== undefined) query['after'] = this.#next;
    setText(byId('found'), 'Looking…');
    try {
      const page = await get('messages', query);
      if (search !== this.#search) return;
      this.#looked += page.looked;
      this.#found += page.messages.length;
      this.#next = page.next;
      this.#list.append(...page.messages.map((message) => this.#item(message)));
      const all = page.next === undefined ? 'that is all' : 'there are more';
      setText(byId('found'), `${count(this.#found)} found, ${this.#looked} looked at, ${all}.`);
    } catch (error) {
      setText(byId('found'), error instanceof Error ? error.message : String(error));
    }
    this.#more.hidden = this.#next === undefined;
  }

  /** @param {Message} message */
  #item(message) {
    const label = `Choose ${message.id}`;
    const box = this.#readOnly ? undefined : h('input', { type: 'checkbox', 'aria-label': label });
    if (box !== undefined) this.#boxes.set(box, message);
    const actions = this.#readOnly ? [] : this.#buttons(() => [message], message.state);
    return messageItem(message, { now: this.#now(), choose: box, actions });
  }

  /**
   * What can be done with messages of one state.
   * @param {() => readonly Message[]} messages
   * @param {string} state
   */
  #buttons(messages, state) {
    /** @param {string} text @param {string} kind @param {(all: readonly Message[]) => Promise<number>} action */
    const button = (text, kind, action) =>
      h(
        'button',
        { type: 'button', class: kind, click: () => void this.#do(action(messages())) },
        text,
      );
    if (state === 'dead') {
      return [
        button('Replay', 'small', (all) => replay(entries(all))),
        button('Drop', 'small danger', (all) => drop(entries(all))),
      ];
    }
    const isRunning = state === 'running';
    const text = isRunning ? 'Ask to stop' : 'Cancel';
    return [
      button(text, 'small danger', (all) =>
        cancel(
          all.map(({ id }) => id),
          isRunning,
        ),
      ),
    ];
  }

  /** Looks again after something has changed. @param {Promise<number>} action */
  async #do(action) {
    if ((await action) === 0) return;
    await this.look();
    byId('messages').focus();
  }

  #showChosen() {
    const chosen = [...this.#boxes].flatMap(([box, message]) => (box.checked ? [message] : []));
    const [first] = chosen;
    this.#chosen.hidden = first === undefined;
    if (first === undefined) return;
    const text = h('span', {}, `${plural(chosen.length, 'message')} chosen`);
    this.#chosen.replaceChildren(text, ...this.#buttons(() => chosen, first.state));
  }

  /** @param {string} state */
  #choose(state) {
    for (const input of this.#form.querySelectorAll('input[name=state]')) {
      const radio = /** @type {HTMLInputElement} */ (input);
      radio.checked = radio.value === state;
    }
  }
}

/** @param {readonly Message[]} letters */
const entries = (letters) => letters.flatMap(({ entry }) => entry ?? []);

/** @param {number} found */
const count = (found) => (found === 0 ? 'None' : String(found));
