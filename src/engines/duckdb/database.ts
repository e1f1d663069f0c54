import type { DuckDBResult } from "@duckdb/node-api";
import { EngineError } from "../engine-error.ts";

/** An embedded database for the time of one command; nothing of it stays. */
export interface Database {
  /** @throws {EngineError} when the statement fails, or the work was stopped. */
  run(sql: string): Promise<void>;
  /** Rows of a small result as JSON values; 64-bit integers are text. @throws {EngineError} */
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** A large result, chunk by chunk. @throws {EngineError} */
  stream(sql: string): Promise<DuckDBResult>;
  /** Stops the statement that runs, and all that follow: each fails with an `EngineError`. */
  interrupt(): void;
  close(): void;
}

export interface DatabaseSettings {
  /** Where what does not fit in memory is put. */
  readonly temporaryFolder: string;
  /** In bytes. */
  readonly memory: number;
}

/**
 * Opens a database in memory. The package is loaded here and nowhere else: its library takes 70 MB of disk and a tenth
 * of a second, which no other command should pay.
 * @throws {EngineError} where it is not installed, as on a platform that it has no library for.
 */
export async function openDatabase({ temporaryFolder, memory }: DatabaseSettings): Promise<Database> {
  const { DuckDBInstance } = await import("@duckdb/node-api").catch((error: unknown) => {
    throw new EngineError(
      `DuckDB cannot be loaded (${(error as Error).message.split("\n")[0]}): install the package @duckdb/node-api ` +
        "(`npm install` without --omit=optional), or observe without --store",
    );
  });
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${Math.floor(memory / 1e6)}MB`,
    temp_directory: temporaryFolder,
    preserve_insertion_order: "false",
    // Nothing is fetched from anywhere: all that is needed is built in.
    autoinstall_known_extensions: "false",
  });
  const connection = await instance.connect();
  const failed = (error: unknown): EngineError => new EngineError((error as Error).message, { cause: error });
  // To the engine an interruption is over with the statement that it met, and is nothing between two of them.
  let isStopped = false;
  const unlessStopped = async <T>(statement: () => Promise<T>): Promise<T> => {
    if (isStopped) throw new EngineError("the work was stopped");
    return statement().catch((error: unknown) => {
      throw failed(error);
    });
  };
  return {
    async run(sql) {
      await unlessStopped(() => connection.run(sql));
    },
    rows: async (sql) => (await unlessStopped(() => connection.runAndReadAll(sql))).getRowsJson(),
    stream: (sql) => unlessStopped(() => connection.stream(sql)),
    interrupt() {
      isStopped = true;
      connection.interrupt();
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
