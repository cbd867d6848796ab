#!/usr/bin/env node
import { run } from './run.js';

for (const stream of [process.stdout, process.stderr]) {
  // who reads has seen enough
  stream.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? 0 : 1),
  );
}
process.exitCode = await run(process.argv.slice(2), process);
