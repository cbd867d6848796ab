// Brings the browser that the tests of the monitor need; while other steps run, since that can take a minute.
import { obtainChromium } from './chromium-program.js';

try {
  console.log(obtainChromium());
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
