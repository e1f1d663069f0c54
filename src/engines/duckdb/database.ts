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
  /** How far the statement that runs has come, from 0 to 1; 0 where that is not known. */
  progress(): number;
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
  // Progress is counted at all only where a bar could be printed.
  await connection.run("SET enable_progress_bar = true; SET enable_progress_bar_print = false");
  const failed = (error: unknown): EngineError => new EngineError((error as Error).message, { cause: error });
  // To the engine an interruption is over with the statement that it met, and is nothing between two of them.
  let isStopped = false;
  /** Where the last statement ended: the engine says so until the next one is under way. */
  let stale: number | undefined;
  const unlessStopped = async <T>(statement: () => Promise<T>): Promise<T> => {
    if (isStopped) throw new EngineError("the work was stopped");
    return statement()
      .catch((error: unknown) => {
        throw failed(error);
      })
      .finally(() => {
        stale = connection.progress.percentage;
      });
  };
  return {
    async run(sql) {
      await unlessStopped(() => connection.run(sql));
    },
    rows: async (sql) => (await unlessStopped(() => connection.runAndReadAll(sql))).getRowsJson(),
    stream: (sql) => unlessStopped(() => connection.stream(sql)),
    progress() {
      const { percentage } = connection.progress;
      if (percentage === stale) return 0;
      stale = undefined;
      return Math.max(0, percentage) / 100;
    },
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
