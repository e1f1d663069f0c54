// The part of @duckdb/node-api that is used here, so that everything compiles where the package is not installed: it is
// optional (`npm ci --omit=optional`), and TypeScript takes a declaration like this one before any package. The tests of
// the store run the real one.
declare module "@duckdb/node-api" {
  export class DuckDBInstance {
    static create(path: string, options: Readonly<Record<string, string>>): Promise<DuckDBInstance>;
    connect(): Promise<DuckDBConnection>;
    closeSync(): void;
  }
  interface DuckDBConnection {
    run(sql: string): Promise<unknown>;
    runAndReadAll(sql: string): Promise<{ getRowsJson(): readonly (readonly unknown[])[] }>;
    stream(sql: string): Promise<DuckDBResult>;
    interrupt(): void;
    closeSync(): void;
  }
  export interface DuckDBResult {
    fetchChunk(): Promise<DuckDBDataChunk | null>;
  }
  export interface DuckDBDataChunk {
    readonly rowCount: number;
    getColumnVector(column: number): DuckDBVector;
  }
  export interface DuckDBVector {
    readonly itemCount: number;
    getItem(row: number): unknown;
  }
  export interface DuckDBListVector extends DuckDBVector {
    /** The items of one row, null where it has no list. */
    getItemVector(row: number): DuckDBVector | null;
  }
}
