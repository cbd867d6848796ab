import { type TestAPI, describe, test } from 'vitest';
import { Place } from './place.js';

interface Fixtures {
  readonly place: Place;
}

/** Declares tests for both backends. */
export function onBoth(declare: (test: TestAPI<Fixtures>) => void): void {
  for (const kind of ['memory', 'redis'] as const) {
    const placed = test.extend<Fixtures>({
      // oxlint-disable-next-line eslint/no-empty-pattern -- the shape vitest asks for
      place: async ({}, use) => {
        const place = new Place(kind);
        await use(place);
        await place.close();
      },
    });
    describe(`(${kind})`, () => {
      declare(placed);
    });
  }
}
