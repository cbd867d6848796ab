import { pause, pauseInstance, resume, setWeight } from './actions.js';
import { Rows, byId, h, setText } from './dom.js';
import { count, duration } from './format.js';

/**
 * @typedef {import('../picture.js').Picture} Picture
 * @typedef {import('../../../backend/index.js').NameStats} Name
 * @typedef {import('../../../backend/index.js').ConsumerInfo} Instance
 * @typedef {{ service: string, queue: string, tasks: boolean, requests: boolean, paused: readonly string[] }} Queue
 */

/**
 * @template T
 * @param {string} id of the section
 * @param {readonly string[]} heads those with a `#` are of numbers
 * @param {(item: T) => { element: HTMLElement, update: (item: T) => void }} make
 */
function table(id, heads, make) {
  const body = h('tbody');
  const cells = heads.map((head) =>
    h('th', { scope: 'col', class: head.startsWith('#') && 'number' }, head.replace('#', '')),
  );
  const rest = h('p', { class: 'quiet' });
  const element = h('table', {}, h('thead', {}, h('tr', {}, ...cells)), body);
  const labels = heads.map((head) => head.replace('#', ''));
  byId(id).querySelector('.wide')?.append(element, rest);
  /** @param {T} item */
  const labelled = (item) => {
    const row = make(item);
    // narrow screens show cells below each other, each with its head
    [...row.element.children].forEach((child, i) =>
      child.setAttribute('data-label', labels[i] ?? ''),
    );
    return row;
  };
  return { rows: new Rows(body, labelled), rest };
}

/** @param {string} [kind] */
const cell = (kind) => h('td', { class: kind });

/** A button of a row. @param {string} text @param {string} label @param {() => void} click */
const button = (text, label, click) =>
  h('button', { type: 'button', class: 'small', 'aria-label': label, click }, text);

/** What runs, waits and works, as tables whose rows stay while their numbers change. */
export class Tables {
  #names;
  #queues;
  #instances;
  #readOnly = true;
  /** @type {string | undefined} */
  #self;

  /** @param {(name: string) => void} onName when the messages of a name are asked for */
  constructor(onName) {
    const heads = ['Name', 'Kind', '#Waiting', '#Oldest', '#Running', '#Handlers'];
    this.#names = table('names', heads, (/** @type {Name} */ name) => nameRow(name, onName));
    this.#queues = table('queues', ['Queue', 'State', ''], (/** @type {Queue} */ queue) =>
      this.#queueRow(queue),
    );
    const columns = ['Instance', '#Weight', '#Running', '#Waiting', '#Done', '#Failed', ''];
    this.#instances = table('instances', columns, (/** @type {Instance} */ instance) =>
      this.#instanceRow(instance),
    );
  }

  /** @param {Picture} picture @param {boolean} readOnly */
  show(picture, readOnly) {
    this.#readOnly = readOnly;
    this.#self = picture.self;
    const { stats } = picture;
    if (stats === undefined) return;
    const names = stats.names.map((name) => /** @type {const} */ ([keyOf(name), name]));
    this.#names.rows.show(names.toSorted(byKey));
    tellRest(
      this.#names,
      picture.names,
      names.length,
      'Nothing was sent yet, and nobody handles anything.',
    );
    const queues = toQueues(picture.queues).toSorted(byKey);
    this.#queues.rows.show(queues);
    tellRest(this.#queues, queues.length, queues.length, 'No instance runs.');
    const instances = stats.consumers.map(
      (one) => /** @type {const} */ ([`${one.service} ${one.instanceName} ${one.id}`, one]),
    );
    this.#instances.rows.show(instances.toSorted(byKey));
    tellRest(this.#instances, picture.instances, instances.length, 'No instance runs.');
  }

  /** @param {Queue} queue */
  #queueRow({ service, queue, requests }) {
    const [state, actions] = [cell(), cell('actions')];
    const name = `${service}/${queue}`;
    const stop = button(
      'Pause',
      `Pause the tasks of ${name}`,
      () => void pause(service, queue, false),
    );
    const stopAll = button(
      'Pause with requests',
      `Pause tasks and requests of ${name}`,
      () => void pause(service, queue, true),
    );
    const go = button('Resume', `Resume ${name}`, () => void resume(service, queue));
    if (!this.#readOnly) actions.append(stop, ...(requests ? [stopAll] : []), go);
    const title = h('th', { scope: 'row' }, queue, h('span', { class: 'quiet' }, ` of ${service}`));
    const element = h('tr', {}, title, state, actions);
    const update = (/** @type {Queue} */ { paused, tasks }) => {
      const isAll = paused.includes('request') || (!requests && paused.length > 0);
      setText(state, paused.length === 0 ? 'runs' : `${paused.join('s and ')}s paused`);
      element.toggleAttribute('data-paused', paused.length > 0);
      stop.hidden = !tasks || paused.includes('task');
      stopAll.hidden = isAll;
      go.hidden = paused.length === 0;
    };
    return { element, update };
  }

  /** @param {Instance} instance */
  #instanceRow({ id, service, instanceName }) {
    const cells = Array.from({ length: 5 }, () => cell('number'));
    const state = h('span', { class: 'quiet' });
    const { input, form, drain, stop, go } = instanceControls(id, instanceName);
    const actions = h('td', { class: 'actions' });
    if (!this.#readOnly) actions.append(form, drain, stop, go);
    const title = h('th', { scope: 'row', title: id }, instanceName, ' ', state);
    const element = h('tr', {}, title, ...cells, actions);
    let shown = -1;
    const update = (/** @type {Instance} */ now) => {
      const { weight, inFlight, waiting, processed, failed } = now;
      [weight, inFlight, waiting, processed, failed].forEach((value, i) => {
        const at = cells[i];
        if (at !== undefined) setText(at, count(value));
      });
      const what = [service, stateOf(now), id === this.#self ? 'serves this page' : ''];
      setText(state, what.filter((part) => part !== '').join(' · '));
      element.toggleAttribute('data-off', !now.active);
      if (weight !== shown) input.value = String(weight);
      shown = weight;
      drain.hidden = weight === 0;
      stop.hidden = now.paused;
      go.hidden = !now.paused;
    };
    return { element, update };
  }
}

/** What can be done to an instance. @param {string} id @param {string} name */
function instanceControls(id, name) {
  const input = h('input', {
    type: 'number',
    min: 0,
    max: 1000,
    step: 1,
    required: true,
    'aria-label': `New weight of ${name}`,
  });
  const form = h(
    'form',
    {
      submit: (event) => {
        event.preventDefault();
        void setWeight(id, input.valueAsNumber, name);
      },
    },
    input,
    h('button', { class: 'small', 'aria-label': `Set the weight of ${name}` }, 'Set'),
  );
  const drain = button('Drain', `Drain ${name}`, () => void setWeight(id, 0, name));
  const stop = button('Pause', `Pause ${name}`, () => void pauseInstance(id, true, name));
  const go = button('Resume', `Resume ${name}`, () => void pauseInstance(id, false, name));
  return { input, form, drain, stop, go };
}

/** @param {Instance} instance */
function stateOf({ active, paused, weight }) {
  if (active) return '';
  if (paused) return 'paused';
  return weight === 0 ? 'drained' : 'gives no sign of life';
}

/** @param {Name} name @param {(name: string) => void} onName */
function nameRow({ name, kind, service, subscription }, onName) {
  const [waiting, oldest, running, handlers] = [1, 2, 3, 4].map(() => cell('number'));
  const of = [service, subscription].filter((part) => part !== undefined).join(' · ');
  const title = h(
    'th',
    { scope: 'row' },
    h('a', { href: '#messages', click: () => onName(name) }, name),
  );
  if (of !== '') title.append(h('span', { class: 'quiet' }, ` for ${of}`));
  const element = h('tr', {}, title, h('td', {}, kind), waiting, oldest, running, handlers);
  const update = (/** @type {Name} */ now) => {
    const texts = [count(now.waiting), now.oldest === undefined ? '–' : duration(now.oldest)];
    texts.push(count(now.running), count(now.consumers));
    [waiting, oldest, running, handlers].forEach((at, i) => {
      if (at !== undefined) setText(at, texts[i] ?? '');
    });
    element.toggleAttribute('data-unclaimed', now.consumers === 0 && now.waiting > 0);
  };
  return { element, update };
}

/** @param {Name} name */
const keyOf = ({ name, kind, service = '', subscription = '' }) =>
  JSON.stringify([name, kind, service, subscription]);

/** @param {readonly [string, unknown]} a @param {readonly [string, unknown]} b */
const byKey = (a, b) => (a[0] < b[0] ? -1 : 1);

/** One row for the tasks and the requests of a queue. @param {Picture['queues']} infos @returns {(readonly [string, Queue])[]} */
function toQueues(infos) {
  /** @type {Map<string, Queue>} */
  const queues = new Map();
  for (const { service, queue, kind, paused } of infos) {
    const key = JSON.stringify([service, queue]);
    const known = queues.get(key) ?? { service, queue, tasks: false, requests: false, paused: [] };
    queues.set(key, {
      ...known,
      [`${kind}s`]: true,
      paused: paused ? [...known.paused, kind] : known.paused,
    });
  }
  return [...queues];
}

/**
 * @param {{ rest: Element }} table
 * @param {number} all
 * @param {number} shown
 * @param {string} none
 */
function tellRest({ rest }, all, shown, none) {
  const more = all > shown ? `The ${count(shown)} busiest of ${count(all)}.` : '';
  setText(rest, all === 0 ? none : more);
}
