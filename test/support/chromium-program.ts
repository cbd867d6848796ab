import { existsSync } from 'node:fs';
import { install, onPath, type Installer } from './installer.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
/** Where macOS keeps it. */
const APPS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

const INSTRUCTION =
  'The tests of the monitor need Chromium or Chrome. Install one (Debian and Ubuntu: sudo apt-get install chromium; ' +
  'macOS: brew install --cask chromium), or name it in CHROMIUM_PATH, then run them again.';

const INSTALLERS: readonly Installer[] = [
  {
    tool: 'apt-get',
    asRoot: true,
    commands: [
      ['update', '-qq'],
      ['install', '-y', '-qq', '--no-install-recommends', 'chromium'],
    ],
  },
  { tool: 'apk', asRoot: true, commands: [['add', '--no-cache', 'chromium']] },
  { tool: 'dnf', asRoot: true, commands: [['install', '-y', '-q', 'chromium']] },
  { tool: 'brew', asRoot: false, commands: [['install', '--quiet', '--cask', 'chromium']] },
];

/**
 * The browser of this machine: CHROMIUM_PATH, else Chromium or Chrome on PATH, else Chromium installed by the system's
 * package manager where that is permitted without a question. Throws one clear instruction otherwise.
 */
export function obtainChromium(): string {
  const named = process.env['CHROMIUM_PATH'];
  const path = named ?? found() ?? (install('chromium', INSTALLERS) ? found() : undefined);
  if (path === undefined || !existsSync(path)) {
    throw new Error(
      named === undefined ? INSTRUCTION : `CHROMIUM_PATH is "${named}": no such file`,
    );
  }
  return path;
}

const found = (): string | undefined =>
  NAMES.map(onPath).find((path) => path !== undefined) ?? APPS.find((path) => existsSync(path));
