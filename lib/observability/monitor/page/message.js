import { h } from './dom.js';
import { duration, plural, size, time } from './format.js';

/** @typedef {import('../message-view.js').MessageView} Message */

/** @param {Message} message @param {number} now */
function summaryOf({ state, since, due, diedAt, reason, attempts, consumer }, now) {
  const parts = [];
  if (due !== undefined) parts.push(due > now ? `due in ${duration(due - now)}` : 'due');
  if (state === 'waiting' && since !== undefined) parts.push(`waits for ${duration(now - since)}`);
  if (state === 'running' && since !== undefined) parts.push(`held for ${duration(now - since)}`);
  if (state === 'gated') parts.push('behind another one of its key');
  if (diedAt !== undefined) parts.push(`${reason}, ${duration(now - diedAt)} ago`);
  if (attempts > 0) parts.push(plural(attempts, 'failed attempt'));
  if (state === 'running' && consumer !== undefined) parts.push(`by ${consumer}`);
  return parts.join(' · ');
}

/** What is known of a message, as pairs. @param {Message} message @returns {(readonly [string, string])[]} */
function factsOf(message) {
  const { id, kind, service, subscription, key, consumer, enqueuedAt, since, due, diedAt } =
    message;
  /** @type {(readonly [string, string | undefined])[]} */
  const facts = [
    ['id', id],
    ['kind', kind],
    ['service', service],
    ['subscription', subscription],
    ['key', key],
    ['accepted', enqueuedAt === undefined ? undefined : time(enqueuedAt)],
    ['due', due === undefined ? undefined : time(due)],
    ['here since', since === undefined ? undefined : time(since)],
    ['died', diedAt === undefined ? undefined : time(diedAt)],
    ['failed attempts', String(message.attempts)],
    ['lost deliveries', message.lost === 0 ? undefined : String(message.lost)],
    [message.state === 'waiting' ? 'routed to' : 'held by', consumer],
    ...Object.entries(message.headers).map(
      ([name, value]) => /** @type {const} */ ([`header ${name}`, value]),
    ),
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** @param {Message['payload']} payload */
function payloadOf({ text, form, size: bytes, cut }) {
  if (form === 'none') return h('p', { class: 'quiet' }, 'No payload.');
  if (form === 'withheld') return h('p', { class: 'quiet' }, `Payload withheld, ${size(bytes)}.`);
  const what = form === 'json' ? 'Payload' : 'Payload, as bytes';
  const note = `${what}, ${size(bytes)}${cut ? ', the beginning' : ''}`;
  return h('div', {}, h('h4', {}, note), h('pre', { tabindex: 0, 'aria-label': note }, text));
}

/** @param {NonNullable<Message['error']>} error */
function errorOf({ name, message, code, stack }) {
  const head = code === undefined ? name : `${name} (${code})`;
  return h(
    'div',
    { class: 'error' },
    h('h4', {}, head),
    h('p', {}, message),
    stack !== undefined && h('pre', { tabindex: 0, 'aria-label': 'Stack' }, stack),
  );
}

/**
 * One message in the list: a line, and everything about it when it is opened.
 * @param {Message} message
 * @param {{ now: number, choose: HTMLElement | undefined, actions: readonly HTMLElement[] }} parts
 */
export function messageItem(message, { now, choose, actions }) {
  const { name, error, payload } = message;
  const hint =
    error === undefined ? payload.text.replaceAll(/\s+/g, ' ') : `${error.name}: ${error.message}`;
  const line = h(
    'summary',
    {},
    h('span', { class: 'name' }, name),
    h('span', { class: 'quiet' }, summaryOf(message, now)),
    h('code', { class: 'hint' }, hint.slice(0, 200)),
  );
  const facts = factsOf(message).map(([fact, value]) =>
    h('div', {}, h('dt', {}, fact), h('dd', {}, value)),
  );
  const body = h(
    'div',
    { class: 'body' },
    h('dl', {}, ...facts),
    error && errorOf(error),
    payloadOf(payload),
    actions.length > 0 && h('p', { class: 'actions' }, ...actions),
  );
  return h('li', {}, choose, h('details', {}, line, body));
}
