import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { nodeTypeScript } from '../support/node-typescript.js';

it('SIGTERM lets a running handler finish before anything is destroyed', async () => {
  const file = new URL('fixtures/sigterm-app.ts', import.meta.url);
  const child = spawn(process.execPath, nodeTypeScript(file), {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const steps: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    steps.push(line);
    if (line === 'started') child.kill('SIGTERM');
  }
  const signal = child.signalCode ?? ((await once(child, 'exit')) as unknown[])[1];
  expect(steps).toEqual(['started', 'finished', 'destroyed']);
  expect(signal).toBe('SIGTERM');
});
