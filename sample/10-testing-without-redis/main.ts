import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

// as `node --test` does it, with a loader for TypeScript: the suite is rentals.spec.ts
run({ files: [fileURLToPath(new URL('rentals.spec.ts', import.meta.url))] })
  .on('test:fail', () => (process.exitCode = 1))
  .compose(new spec())
  .pipe(process.stdout);
