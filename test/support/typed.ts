import { PassThrough, Writable } from 'node:stream';
import { run } from '../../lib/cli/run.js';

/** What came of a command line. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

class Sink extends Writable {
  text = '';
  readonly isTTY = false;

  override _write(bytes: Buffer, _: string, done: () => void): void {
    this.text += String(bytes);
    done();
  }
}

/** What a shell would see. */
export async function typed(args: readonly string[], input = ''): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new Sink(), new Sink()];
  stdin.end(input);
  const code = await run(args, { stdin, stdout, stderr } as unknown as Parameters<typeof run>[1]);
  return { code, out: stdout.text, err: stderr.text };
}
