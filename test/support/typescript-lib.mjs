// As typescript.mjs, but `nestjs-broker` means lib/index.ts: for the worker processes of the tests,
// which then need no build and always run the current sources.
//
//   node --import ./test/support/typescript-lib.mjs FILE.ts
import { register } from 'node:module';

process.setSourceMapsEnabled(true);
register('./typescript-hooks.mjs', {
  parentURL: import.meta.url,
  data: { broker: new URL('../../lib/index.ts', import.meta.url).href },
});
