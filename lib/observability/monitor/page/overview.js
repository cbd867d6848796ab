import { Chart } from './chart.js';
import { byId, h, setText } from './dom.js';
import { count, duration, rate } from './format.js';

/**
 * @typedef {import('../picture.js').LiveEvent} LiveEvent
 * @typedef {import('../picture.js').Sample} Sample
 * @typedef {import('../picture.js').About} About
 * @typedef {import('./chart.js').Point} Point
 */

/** Tiles: what they are called, and of which state the messages are they count. */
const TILES = /** @type {const} */ ([
  ['waiting', 'Waiting', 'waiting'],
  ['running', 'Running', 'running'],
  ['delayed', 'Delayed', 'delayed'],
  ['gated', 'Behind a key', 'gated'],
  ['dead', 'Dead letters', 'dead'],
  ['unclaimed', 'Unclaimed', undefined],
  ['instances', 'Instances', undefined],
]);

/** What a chart shows at least, in ms. */
const SHORTEST = 30_000;

/** The numbers at the top and the charts below them. */
export class Overview {
  /** @type {Map<string, Element>} */
  #tiles = new Map();
  #throughput = new Chart({
    title: 'Throughput',
    note: 'messages a second, whole app',
    lines: ['added', 'done', 'failed'],
    format: rate,
  });
  #backlog = new Chart({
    title: 'Backlog',
    note: 'messages, whole app',
    lines: ['waiting', 'running'],
    format: count,
  });
  #latency = new Chart({
    title: 'Latency',
    note: 'whole app, averages: messages ÷ throughput',
    lines: ['oldest waiting', 'waiting ≈', 'handling ≈'],
    format: duration,
  });
  #process = new Chart({
    title: 'Handling here',
    note: 'only what this process handled',
    lines: ['p50', 'p95', 'wait p95'],
    format: duration,
  });
  /** @type {Sample[]} */
  #samples = [];
  #span = 300_000;

  /** @param {(state: string) => void} onState when the messages of a tile are asked for */
  constructor(onState) {
    for (const [key, title, state] of TILES) {
      const value = h('dd', { id: `tile-${key}` }, '–');
      const link =
        state === undefined
          ? title
          : h('a', { href: '#messages', click: () => onState(state) }, title);
      byId('tiles').append(h('div', { 'data-tile': key }, h('dt', {}, link), value));
      this.#tiles.set(key, value);
    }
    const { element: here } = this.#process;
    here.hidden = true;
    const charts = [this.#throughput, this.#backlog, this.#latency].map(({ element }) => element);
    byId('charts').append(...charts, here);
  }

  /** @param {LiveEvent} event */
  show({ about, picture, samples }) {
    if (about !== undefined) {
      this.#samples = [];
      this.#span = about.span;
    }
    const { stats } = picture;
    if (stats !== undefined) {
      this.#tile('delayed', stats.delayed);
      this.#tile('gated', stats.gated);
      this.#tile('dead', stats.deadLetters);
      this.#tile('unclaimed', stats.unclaimed);
      this.#tile('instances', picture.instances);
    }
    this.#samples.push(...samples);
    const last = this.#samples.at(-1);
    if (last === undefined) return;
    this.#tile('waiting', last.waiting);
    this.#tile('running', last.running);
    this.#samples = this.#samples.filter(({ at }) => at >= last.at - this.#span);
    const first = this.#samples[0] ?? last;
    this.#draw({ from: Math.min(first.at, last.at - SHORTEST), to: last.at });
  }

  /** @param {{ from: number, to: number }} range */
  #draw(range) {
    const all = this.#samples;
    const steps = all.slice(1).map((to, i) => ({ from: all[i] ?? to, to }));
    /** @param {(sample: Sample) => number} of @returns {Point[]} */
    const rates = (of) =>
      steps.map(({ from, to }) => [
        to.at,
        Math.max(0, of(to) - of(from)) / (Math.max(1, to.at - from.at) / 1_000),
      ]);
    /** @param {(sample: Sample) => number} of @returns {Point[]} */
    const levels = (of) => all.map((sample) => [sample.at, of(sample)]);
    this.#throughput.show(
      [
        { name: 'added', points: rates(({ added }) => added) },
        { name: 'done', points: rates(({ done }) => done) },
        { name: 'failed', points: rates(({ retried, dead }) => retried + dead) },
      ],
      range,
    );
    this.#backlog.show(
      [
        { name: 'waiting', points: levels(({ waiting }) => waiting) },
        { name: 'running', points: levels(({ running }) => running) },
      ],
      range,
    );
    this.#latency.show(
      [
        { name: 'oldest waiting', points: levels(({ oldest }) => oldest) },
        { name: 'waiting ≈', points: averages(all, ({ waiting }) => waiting) },
        { name: 'handling ≈', points: averages(all, ({ running }) => running) },
      ],
      range,
    );
    this.#drawProcess(range);
  }

  /** @param {{ from: number, to: number }} range */
  #drawProcess(range) {
    const known = this.#samples.flatMap(({ at, latency }) =>
      latency === undefined ? [] : [{ at, ...latency }],
    );
    this.#process.element.hidden = known.length === 0;
    if (known.length === 0) return;
    this.#process.show(
      [
        { name: 'p50', points: known.map(({ at, handling }) => [at, handling[0]]) },
        { name: 'p95', points: known.map(({ at, handling }) => [at, handling[1]]) },
        { name: 'wait p95', points: known.map(({ at, wait }) => [at, wait[1]]) },
      ],
      range,
    );
  }

  /** @param {string} key @param {number} value */
  #tile(key, value) {
    const tile = this.#tiles.get(key);
    if (tile === undefined) return;
    setText(tile, count(value));
    tile.parentElement?.toggleAttribute('data-some', value > 0);
  }
}

/** How far back an average looks. */
const WINDOW = 10;

/**
 * How long a message is in a place on average: how many are there by how many leave a second (Little's law), over the
 * last ten samples; nothing while none leaves.
 * @param {readonly Sample[]} samples
 * @param {(sample: Sample) => number} of
 * @returns {Point[]}
 */
function averages(samples, of) {
  return samples.flatMap((to, i) => {
    const window = samples.slice(Math.max(0, i - WINDOW), i + 1);
    const from = window[0] ?? to;
    const left = to.done + to.retried + to.dead - from.done - from.retried - from.dead;
    if (left <= 0) return [];
    const there = window.reduce((sum, sample) => sum + of(sample), 0) / window.length;
    return [/** @type {Point} */ ([to.at, (there * (to.at - from.at)) / left])];
  });
}
