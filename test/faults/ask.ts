import type { RequestOptions, Sender } from '../../lib/runtime/index.js';

export interface Question {
  readonly name: string;
  readonly data?: unknown;
  readonly options?: RequestOptions;
}

/** A request as a promise of its last value. */
export async function ask<T>(sender: Sender, { name, data, options = {} }: Question): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    let last: unknown;
    sender.request(name, data, options, {
      next: (value) => {
        last = value;
      },
      error: reject,
      complete: () => resolve(last as T),
    });
  });
}
