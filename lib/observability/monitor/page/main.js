import { byId, setText } from './dom.js';
import { Messages } from './messages.js';
import { Overview } from './overview.js';
import { Tables } from './tables.js';

/** @typedef {import('../picture.js').LiveEvent} LiveEvent */

/** How far the backend's clock is ahead of this one. */
let ahead = 0;
let readOnly = true;

const messages = new Messages(() => Date.now() + ahead);
const overview = new Overview((state) => messages.showState(state));
const tables = new Tables((name) => messages.showName(name));

/** @param {LiveEvent} event */
function show({ about, picture, samples }) {
  if (about !== undefined) {
    const isFirst = byId('facts').textContent === '';
    readOnly = about.readOnly;
    const facts = [`app ${about.app}`, about.mode, ...(readOnly ? ['read-only'] : [])];
    setText(byId('facts'), facts.join(' · '));
    if (isFirst) messages.begin(readOnly);
  }
  const { health, stats } = picture;
  if (stats !== undefined) ahead = stats.at - Date.now();
  tellHealth(health.link === 'up' ? health.status : 'down');
  tellTrouble(health.status === 'up' ? '' : (health.reason ?? ''));
  overview.show({ ...(about === undefined ? {} : { about }), picture, samples });
  tables.show(picture, readOnly);
}

/** @param {string} state */
function tellHealth(state) {
  const badge = byId('health');
  badge.dataset['state'] = state;
  setText(badge, state === 'up' ? 'live' : state);
}

/** @param {string} text empty: there is none */
function tellTrouble(text) {
  const place = byId('trouble');
  setText(place, text);
  place.hidden = text === '';
}

const live = new EventSource(new URL('../api/live', import.meta.url));
live.addEventListener('message', ({ data }) => show(JSON.parse(data)));
live.addEventListener('error', () => {
  tellHealth('cut off');
  const isOver = live.readyState === EventSource.CLOSED;
  tellTrouble(
    isOver
      ? 'The server refuses the stream: reload the page to sign in again.'
      : 'The connection is lost; it is tried again.',
  );
});
