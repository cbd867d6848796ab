// Preload for a process whose clock is wrong by so many milliseconds; its monotonic clock is right:
//
//   node --import ./test/support/shifted-clock.mjs?ms=3600000 FILE
const shift = Number(new URL(import.meta.url).searchParams.get('ms'));
const RealDate = Date;

globalThis.Date = class extends RealDate {
  /** @param {unknown[]} args */
  constructor(...args) {
    // @ts-expect-error: whatever Date takes
    super(...(args.length === 0 ? [RealDate.now() + shift] : args));
  }

  static now() {
    return RealDate.now() + shift;
  }
};
