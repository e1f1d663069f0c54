/** A text literal of DuckDB. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
/** A name of a column. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
