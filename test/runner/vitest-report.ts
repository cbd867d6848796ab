import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Of a failure's message: what was expected, and the first places of its stack. */
const REASON_LINES = 4;

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string;
    readonly status: string;
    readonly assertionResults: ReadonlyArray<{
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }>;
  }>;
}

/**
 * What the report counts, and each failure with its file and the beginning of its reasons (one for
 * each time it was tried). A file that could not even be loaded is one failure.
 */
export function readReport(json: string): { passed: number; failed: string[]; skipped: number } {
  const files = (JSON.parse(json) as Report).testResults;
  const failed = files.flatMap(({ name, status, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed');
    const file = relative('', name);
    if (tests.length === 0) return status === 'failed' ? [file] : [];
    return tests.map(
      ({ fullName, failureMessages = [] }) =>
        `${file}: ${fullName}${failureMessages.map(beginning).join('')}`,
    );
  });
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const count = (status: string): number => tests.filter((test) => test.status === status).length;
  const passed = count('passed');
  return { passed, failed, skipped: tests.length - passed - count('failed') };
}

function beginning(message: string): string {
  const lines = stripVTControlCharacters(message).split('\n').slice(0, REASON_LINES);
  return lines.map((line) => `\n        ${line.trim()}`).join('');
}
