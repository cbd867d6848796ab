// `npm test`: every check of the project, one after the other, ending with `N passed, N failed`.
//
//   node test/run.mjs              all steps
//   node test/run.mjs lint unit    these, and what they need
//   node test/run.mjs --list       their names
import './support/typescript.mjs';

const { main } = await import('./runner/main.ts');
process.exitCode = await main(process.argv.slice(2));
