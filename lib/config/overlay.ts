type Fields = Readonly<Record<string, unknown>>;

/** What `over` says, and what `base` says where `over` is silent. */
export function overlay(base: Fields, over: Fields): Fields {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = base[key];
    result[key] = isFields(below) && isFields(value) ? overlay(below, value) : value;
  }
  return result;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
