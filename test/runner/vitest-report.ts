/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string;
    readonly status: string;
    readonly assertionResults: ReadonlyArray<{
      readonly fullName: string;
      readonly status: string;
    }>;
  }>;
}

/** What the report counts; a file that could not even be loaded is one failure. */
export function readReport(json: string): { passed: number; failed: string[]; skipped: number } {
  const files = (JSON.parse(json) as Report).testResults;
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const broken = files.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = tests.filter(({ status }) => status === 'failed');
  const passed = tests.filter(({ status }) => status === 'passed').length;
  return {
    passed,
    failed: [...failed.map(({ fullName }) => fullName), ...broken.map(({ name }) => name)],
    skipped: tests.length - passed - failed.length,
  };
}
