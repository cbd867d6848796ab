/** What a function that is not async gives back instead of throwing. */
export const rejected = (error: unknown): Promise<never> =>
  new Promise((_, reject: (error: Error) => void) => reject(error as Error));
