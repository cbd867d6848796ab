/** An error as plain data: what dead letters keep and replies carry. @publicApi */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly data?: unknown;
  /** At most 4 KiB; in dead letters only, never in a reply. */
  readonly stack?: string;
}

const STACK_LIMIT = 4096;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Turns whatever was thrown (an Error, an RpcException-like object, a string, nothing) into plain data. */
export function toPlainError(thrown: unknown, options: { stack?: boolean } = {}): PlainError {
  if (typeof thrown !== 'object' || thrown === null) {
    return { name: 'Error', message: String(thrown) };
  }
  const error = thrown as Record<string, unknown>;
  const inner = rpcPayload(error);
  const source = inner ?? error;
  const code = text(source['code']) ?? text(error['code']) ?? numeric(source['code']);
  const data = source['data'] ?? error['data'] ?? extra(inner);
  const stack = options.stack === true ? text(error['stack']) : undefined;
  return {
    name: text(error['name']) ?? 'Error',
    message: text(source['message']) ?? text(error['message']) ?? describe(thrown),
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

/** Fields of an RpcException's object beyond message, code and data travel as data. */
function extra(inner: Record<string, unknown> | undefined): unknown {
  if (inner === undefined) return undefined;
  const known = new Set(['message', 'code', 'name', 'stack', 'status']);
  return Object.keys(inner).some((key) => !known.has(key)) ? inner : undefined;
}

function describe(thrown: object): string {
  try {
    return JSON.stringify(thrown);
  } catch (cause) {
    return `an error that cannot be described (${String(cause)})`;
  }
}
