/** The three kinds of message: durable work, fan-out, request with a reply. @publicApi */
export type Kind = 'task' | 'event' | 'request';

/** The kinds that live in the queue; plain events only pass by. */
export type QueuedKind = Exclude<Kind, 'event'>;
