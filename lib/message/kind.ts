/** The three kinds of message: durable work, fan-out, request with a reply. @publicApi */
export type Kind = 'task' | 'event' | 'request';

/** The kinds that are sent to one handler; events go to whoever wants them. */
export type QueuedKind = Exclude<Kind, 'event'>;
