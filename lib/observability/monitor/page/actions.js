import { byId, setText } from './dom.js';
import { plural } from './format.js';

const API = new URL('../api/', import.meta.url);

/** Says what has happened, also to those who do not see it. @param {string} text */
export function say(text) {
  byId('said').textContent = text;
}

/**
 * @param {Response} response
 * @returns {Promise<never>}
 */
async function refuse(response) {
  const body = await response.json().catch(() => ({}));
  throw new Error(String(body.message ?? `${response.status} ${response.statusText}`));
}

/**
 * @param {string} path
 * @param {Record<string, string>} query
 * @returns {Promise<import('../message-search.js').SearchPage>}
 */
export async function get(path, query) {
  const url = new URL(path, API);
  url.search = new URLSearchParams(query).toString();
  const response = await fetch(url);
  return response.ok ? await response.json() : await refuse(response);
}

/**
 * Does something; says what came of it, or why not. Resolves with how many messages or instances changed.
 * @param {string} path
 * @param {object} body
 * @param {(done: number) => string} told
 */
export async function act(path, body, told) {
  try {
    const response = await fetch(new URL(path, API), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-broker-monitor': '1' },
      body: JSON.stringify(body),
    });
    if (!response.ok) await refuse(response);
    const { done } = await response.json();
    say(told(done));
    return /** @type {number} */ (done);
  } catch (error) {
    say(`Not done: ${error instanceof Error ? error.message : String(error)}`);
    return 0;
  }
}

/**
 * Asks before something is destroyed.
 * @param {string} question
 * @param {string} yes what the button says
 * @returns {Promise<boolean>}
 */
export function confirmed(question, yes) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('question'));
  setText(byId('question-text'), question);
  setText(byId('question-yes'), yes);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    const closed = () => {
      // of the question before, which is told late
      if (dialog.open) return;
      dialog.removeEventListener('close', closed);
      resolve(dialog.returnValue === 'yes');
    };
    dialog.addEventListener('close', closed);
  });
}

/** @param {readonly string[]} entries */
export const replay = (entries) =>
  act('dead-letters/replay', { entries }, (done) => `${plural(done, 'dead letter')} replayed.`);

/** @param {readonly string[]} entries */
export async function drop(entries) {
  const what = plural(entries.length, 'dead letter');
  if (!(await confirmed(`Drop ${what} for good?`, 'Drop'))) return 0;
  return await act(
    'dead-letters/drop',
    { entries },
    (done) => `${plural(done, 'dead letter')} dropped.`,
  );
}

/** @param {readonly string[]} ids @param {boolean} running whether handlers are told, which may end or not */
export async function cancel(ids, running) {
  const what = plural(ids.length, 'message');
  const question = running ? `Ask the handlers of ${what} to stop?` : `Cancel ${what} for good?`;
  if (!(await confirmed(question, running ? 'Ask to stop' : 'Cancel them'))) return 0;
  return await act('messages/cancel', { ids }, (done) => `${plural(done, 'message')} cancelled.`);
}

/** @param {string} service @param {string} queue @param {boolean} requests */
export const pause = (service, queue, requests) =>
  act('queues/pause', { service, queue, requests }, () => `Queue ${service}/${queue} is paused.`);

/** @param {string} service @param {string} queue */
export const resume = (service, queue) =>
  act('queues/resume', { service, queue }, () => `Queue ${service}/${queue} goes on.`);

/** @param {string} id @param {boolean} paused @param {string} name */
export const pauseInstance = (id, paused, name) =>
  act(`instances/${paused ? 'pause' : 'resume'}`, { id }, (done) =>
    done === 0 ? `${name} does not run any more.` : `${name} ${paused ? 'is paused' : 'goes on'}.`,
  );

/** @param {string} id @param {number} weight @param {string} name */
export const setWeight = (id, weight, name) =>
  act('instances/weight', { id, weight }, (done) =>
    done === 0 ? `${name} does not run any more.` : `${name} has the weight ${weight}.`,
  );
