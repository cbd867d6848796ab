// Builds the package unless dist/ was built from the files as they are. Used by `npm start`,
// `npm run bench` and the test runner; also usable alone.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const stamp = join(root, 'node_modules/.cache/nestjs-broker/built');

/** What the package is made of, with the times of the last changes; folders tell of removed files. */
const state = () =>
  ['package.json', 'tsconfig.json', 'nest-cli.json', 'lib']
    .concat(
      readdirSync(join(root, 'lib'), { recursive: true }).map((name) => `lib/${String(name)}`),
    )
    .map((name) => `${name} ${statSync(join(root, name)).mtimeMs}`)
    .join('\n');

const now = state();
const isBuilt =
  existsSync(join(root, 'dist/index.js')) &&
  existsSync(stamp) &&
  readFileSync(stamp, 'utf8') === now;

if (!isBuilt) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status === 0) {
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, now);
  }
  process.exitCode = status ?? 1;
}
