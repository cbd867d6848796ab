export { ManualClock } from '../../lib/testing/manual-clock.js';
