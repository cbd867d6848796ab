// Lets plain Node run the TypeScript of test/ and sample/, decorators and their metadata included:
//
//   node --import ./test/support/typescript.mjs FILE.ts
//
// `nestjs-broker` means the built package here, as it does for a user. Start a process with
// typescript-lib.mjs instead, and it means the sources in lib/.
import { register } from 'node:module';

process.setSourceMapsEnabled(true);
register('./typescript-hooks.mjs', import.meta.url);
