// Elements are made of text, never of markup: what a message says cannot become part of the page.

/**
 * @typedef {string | number | Node | undefined | false} Child
 * @typedef {Record<string, string | number | boolean | undefined | ((event: Event) => void)>} Attributes
 */

/**
 * Sets attributes; functions listen to the event of their name.
 * @param {Element} element
 * @param {Attributes} attributes
 */
function assign(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
}

/** @param {readonly Child[]} children @returns {(string | Node)[]} */
const nodes = (children) =>
  children.flatMap((child) => {
    if (child === undefined || child === false) return [];
    return [typeof child === 'number' ? String(child) : child];
  });

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  assign(element, attributes);
  element.append(...nodes(children));
  return element;
}

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  assign(element, attributes);
  element.append(...nodes(children));
  return element;
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Sets the text if it is another one: what has not changed is not told again. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Rows that stay the same elements while what they show changes, so that focus and selection stay where they are.
 * @template T
 */
export class Rows {
  /** @type {Map<string, { element: HTMLElement, update: (item: T) => void }>} */
  #rows = new Map();
  #parent;
  #make;

  /**
   * @param {HTMLElement} parent
   * @param {(item: T) => { element: HTMLElement, update: (item: T) => void }} make
   */
  constructor(parent, make) {
    this.#parent = parent;
    this.#make = make;
  }

  /** @param {readonly (readonly [key: string, item: T])[]} items in their order, which is always the same one */
  show(items) {
    const keys = new Set(items.map(([key]) => key));
    for (const [key, { element }] of this.#rows) {
      if (keys.has(key)) continue;
      element.remove();
      this.#rows.delete(key);
    }
    let before = this.#parent.firstElementChild;
    for (const [key, item] of items) {
      const row = this.#rows.get(key) ?? this.#make(item);
      if (row.element === before) before = before.nextElementSibling;
      else this.#parent.insertBefore(row.element, before);
      this.#rows.set(key, row);
      row.update(item);
    }
  }
}
