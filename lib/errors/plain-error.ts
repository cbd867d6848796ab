/** An error as plain data: what dead letters keep and replies carry. @publicApi */
export interface PlainError {
  /** Of its class. */
  readonly name: string;
  /** Its text. */
  readonly message: string;
  /** Its `code`, where it has one. */
  readonly code?: string;
  /** Its `data`, or the other fields of an object that was thrown. */
  readonly data?: unknown;
  /** At most 4 KiB; in dead letters only, never in a reply. */
  readonly stack?: string;
}

const STACK_LIMIT = 4096;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Turns whatever was thrown (an Error, an RpcException-like object, a string, nothing) into plain data that has a JSON form. */
export function toPlainError(thrown: unknown, options: { stack?: boolean } = {}): PlainError {
  if (typeof thrown !== 'object' || thrown === null) {
    return { name: 'Error', message: String(thrown) };
  }
  try {
    return describe(thrown as Record<string, unknown>, options.stack === true);
  } catch (cause) {
    // a getter that throws, a revoked proxy: what was thrown cannot be looked at
    return { name: 'Error', message: `an error that cannot be described (${reasonOf(cause)})` };
  }
}

function describe(error: Record<string, unknown>, withStack: boolean): PlainError {
  const inner = rpcPayload(error) ?? (isPlain(error) ? error : undefined);
  const source = inner ?? error;
  const code = text(source['code']) ?? text(error['code']) ?? numeric(source['code']);
  const data = toJsonData(source['data'] ?? error['data'] ?? extra(inner));
  const stack = withStack ? text(error['stack']) : undefined;
  return {
    name: text(error['name']) ?? 'Error',
    message: text(source['message']) ?? text(error['message']) ?? summary(error),
    ...(code === undefined ? {} : { code }),
    ...(data === undefined ? {} : { data }),
    ...(stack === undefined ? {} : { stack: stack.slice(0, STACK_LIMIT) }),
  };
}

const numeric = (value: unknown): string | undefined =>
  typeof value === 'number' ? String(value) : undefined;

/** Nest's RpcException keeps what it was made of behind `getError()`. */
function rpcPayload(error: Record<string, unknown>): Record<string, unknown> | undefined {
  if (typeof error['getError'] !== 'function') return undefined;
  const inner: unknown = (error['getError'] as () => unknown).call(error);
  return typeof inner === 'object' && inner !== null
    ? (inner as Record<string, unknown>)
    : { message: String(inner) };
}

/** Nest's own filters make a bare object of an exception before it gets here. */
function isPlain(thrown: object): boolean {
  const prototype: unknown = Reflect.getPrototypeOf(thrown);
  return prototype === null || prototype === Object.prototype;
}

const TEXTS = new Set(['message', 'code', 'name', 'stack']);

/** An object that says more than message and code, as text, and Nest's usual status travels whole, as data. */
function extra(inner: Record<string, unknown> | undefined): unknown {
  if (inner === undefined) return undefined;
  return Object.entries(inner).some(saysMore) ? inner : undefined;
}

const saysMore = ([key, value]: [string, unknown]): boolean =>
  key === 'status' ? value !== 'error' : !(TEXTS.has(key) && typeof value === 'string');

/** The data itself, or a sentence in its place when JSON cannot express it. */
function toJsonData(data: unknown): unknown {
  if (data === undefined) return undefined;
  try {
    const json: string | undefined = JSON.stringify(data);
    return json === undefined ? undefined : (JSON.parse(json) as unknown);
  } catch (cause) {
    return `data without a JSON form (${reasonOf(cause)})`;
  }
}

function summary(thrown: object): string {
  try {
    return JSON.stringify(thrown) ?? Object.prototype.toString.call(thrown);
  } catch (cause) {
    return `an error without a message (${reasonOf(cause)})`;
  }
}

function reasonOf(cause: unknown): string {
  try {
    return cause instanceof Error ? cause.message : String(cause);
  } catch {
    return 'the reason cannot be described either';
  }
}
