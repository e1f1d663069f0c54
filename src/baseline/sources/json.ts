export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a text holds, or undefined when it is no JSON. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The object that a text holds, or undefined when it is not one. */
export function parseObject(text: string): JsonObject | undefined {
  const value = parseValue(text);
  return isObject(value) ? value : undefined;
}

/** A value that is text or a number. */
export const scalarOf = (value: unknown): string | number | undefined =>
  typeof value === "string" || typeof value === "number" ? value : undefined;

/** A member that is text or a number, as text. */
export function textOf(object: JsonObject, name: string): string | undefined {
  const value = scalarOf(object[name]);
  return value === undefined ? undefined : String(value);
}
