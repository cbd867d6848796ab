import { randomBytes } from 'node:crypto';

/** A name nobody else uses, for tests that share a server. */
export const uniqueName = (what: string): string => `${what}-${randomBytes(6).toString('hex')}`;
