import assert from 'node:assert/strict';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';

const passed: string[] = [];
const failed: unknown[] = [];
const tests = run({ files: [fileURLToPath(new URL('rentals.spec.ts', import.meta.url))] });
tests.on('test:pass', ({ name, nesting }) => nesting === 1 && passed.push(name));
tests.on('test:fail', ({ name, details }) => failed.push(name, details.error.cause));
for await (const _ of tests);

assert.deepEqual(failed, []);
assert.equal(passed.length, 5);
console.log('10-testing-without-redis: ok');
