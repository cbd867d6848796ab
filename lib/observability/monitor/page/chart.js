import { h, setText, svg } from './dom.js';
import { duration } from './format.js';

/**
 * @typedef {readonly [at: number, value: number]} Point
 * @typedef {{ readonly name: string, readonly points: readonly Point[] }} Line
 */

const WIDTH = 320;
const HEIGHT = 96;
const BASE = HEIGHT - 2;
const TOP = 8;

/** A few lines over the last minutes, with what they say now as text. */
export class Chart {
  element;
  #lines;
  #values;
  #top;
  #svg;
  #format;
  #title;

  /**
   * @param {{ title: string, note: string, lines: readonly string[], format: (value: number) => string }} parts
   */
  constructor({ title, note, lines, format }) {
    this.#title = title;
    this.#format = format;
    this.#values = lines.map(() => h('b', {}, '–'));
    this.#lines = lines.map((_, i) => svg('path', { class: `line line-${i}` }));
    this.#top = h('span', { class: 'top quiet', 'aria-hidden': true });
    this.#svg = svg(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
      svg('path', {
        class: 'grid',
        d: `M0 ${TOP}H${WIDTH}M0 ${(TOP + BASE) / 2}H${WIDTH}M0 ${BASE}H${WIDTH}`,
      }),
      ...this.#lines,
    );
    const legend = lines.map((name, i) =>
      h('li', { class: `key key-${i}` }, `${name} `, this.#values[i]),
    );
    this.element = h(
      'figure',
      {},
      h('figcaption', {}, h('h3', {}, title), h('span', { class: 'quiet' }, note)),
      h('div', { class: 'plot' }, this.#svg, this.#top),
      h('ul', { class: 'legend' }, ...legend),
    );
  }

  /**
   * @param {readonly Line[]} lines
   * @param {{ from: number, to: number }} range
   */
  show(lines, { from, to }) {
    const highest = niceTop(
      Math.max(0, ...lines.flatMap(({ points }) => points.map(([, v]) => v))),
    );
    const x = (/** @type {number} */ at) => ((at - from) / (to - from)) * WIDTH;
    const y = (/** @type {number} */ value) => BASE - (value / highest) * (BASE - TOP);
    setText(this.#top, this.#format(highest));
    const told = lines.map(({ name, points }, i) => {
      const path = points.map(
        ([at, v], p) => `${p === 0 ? 'M' : 'L'}${x(at).toFixed(1)} ${y(v).toFixed(1)}`,
      );
      this.#lines[i]?.setAttribute('d', path.join(''));
      const last = points.at(-1);
      const now = last === undefined ? '–' : this.#format(last[1]);
      const value = this.#values[i];
      if (value !== undefined) setText(value, now);
      return `${name} ${now}`;
    });
    this.#svg.setAttribute(
      'aria-label',
      `${this.#title}, last ${duration(to - from)}. Now: ${told.join(', ')}.`,
    );
  }
}

/** 1, 2 or 5 and zeros. @param {number} value */
function niceTop(value) {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value) ?? value;
}
