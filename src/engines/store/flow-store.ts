import { renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Conversation } from "../../baseline/conversation.ts";
import type { Baseline } from "../../baseline/flow.ts";
import { type LinkSighting, linkSightings } from "../../baseline/links/sightings.ts";
import { baselineOf, type Recorded } from "../../baseline/observe.ts";
import { type Database, openDatabase } from "../duckdb/database.ts";
import type { LineCount } from "../duckdb/line-scan.ts";
import { haveCopies } from "../duckdb/zeek-copies.ts";
import { zeekLinks } from "../duckdb/zeek-links.ts";
import { accountFor, aggregateZeekFile, type BulkSource, type ZeekFile } from "../duckdb/zeek-log.ts";
import { commitManifest, readManifest } from "./manifest.ts";
import { partialLines } from "./partial-lines.ts";
import { flowsOf } from "./read-flows.ts";
import { flowsInBoth, fromEngine, fromLines, writePart } from "./statements.ts";
import { sync, syncFolder } from "./synced.ts";
import { workingFolder } from "./working-folder.ts";

/** One addition to a store: files are read one after the other, and all of them become part of it at once, or none. */
export interface Addition {
  /** Whether the store, or this addition, has a file of these bytes; the name under which it was added. */
  nameOf(sha256: string): string | undefined;
  /** Starts to aggregate a log in bulk. @throws {EngineError} */
  bulk(file: ZeekFile): Promise<Bulk>;
  /** Whether logs that were aggregated in bulk hold the same connections, so that these would count twice. @throws {EngineError} */
  haveCopies(files: readonly ZeekFile[]): Promise<boolean>;
  /** Takes conversations that were read line by line. */
  add(talk: Conversation): void;
  /** Forgets what was read line by line. */
  readAgain(): void;
  /** How much of the log that is being aggregated is done, from 0 to 1; 1 where none is. */
  aggregated(): number;
  readonly database: Pick<Database, "interrupt">;
  /**
   * Makes all of it part of the store.
   * @param recorded every file that was read, with what became of its lines, and what those that were read line by line
   * tell of links.
   * @returns how many of its flows the store had at the same time from earlier additions, where that is most of them: it keeps
   * sums, which cannot tell whether a second sensor saw the same connections or other ones.
   * @throws {EngineError} when another run was first; the store is as it was then.
   */
  commit(recorded: Recorded): Promise<number | undefined>;
  /** Removes what is not committed. */
  close(): void;
}

/** A log that was aggregated. It counts once it is kept. */
export interface Bulk {
  readonly file: ZeekFile;
  /** Its source where all lines are accounted for; else, as text, why it must be read line by line. */
  account(count: LineCount): Promise<BulkSource | string>;
  keep(): void;
  drop(): Promise<void>;
}

/** Memory that the embedded database may take for an addition, in bytes; what is more goes to the disk. */
const memory = 900e6;

/** @throws {EngineError} when the folder is no store. */
export async function addition(folder: string, pid: number): Promise<Addition> {
  const before = readManifest(folder);
  const working = workingFolder(folder, pid);
  const database = await openDatabase({ temporaryFolder: join(working.path, "spill"), memory }).catch(
    (error: unknown) => {
      working.remove();
      throw error;
    },
  );
  const generation = before.generation + 1;
  const linesPath = join(working.path, "partials.ndjson");
  let lines = partialLines(linesPath);
  const kept: { readonly table: string; readonly links: readonly LinkSighting[] }[] = [];
  let tables = 0;
  let isAggregating = false;
  return {
    database,
    nameOf: (sha256) =>
      before.parts.flatMap(({ sources }) => sources).find((source) => source.sha256 === sha256)?.name,
    async bulk(file) {
      tables += 1;
      const table = `log_${tables}`;
      isAggregating = true;
      await aggregateZeekFile(database, file, table).finally(() => {
        isAggregating = false;
      });
      const links = await zeekLinks(database, file);
      return {
        file,
        account: (count) => accountFor(database, table, file.header, count),
        keep: () => kept.push({ table, links }),
        drop: () => database.run(`DROP TABLE ${table}`),
      };
    },
    // The reading is the first of two steps, which the engine holds to be equal, but takes nearly all of the time.
    aggregated: () => (isAggregating ? Math.min(1, 2 * database.progress()) : 1),
    haveCopies: (files) => haveCopies(database, files),
    add: (talk) => lines.add(talk),
    readAgain() {
      lines.end();
      rmSync(linesPath);
      lines = partialLines(linesPath);
    },
    async commit({ sources, links }) {
      const written = lines.end();
      const draft = join(working.path, "part.parquet");
      const tablesOfAll = [
        ...kept.map(({ table }) => fromEngine(table)),
        ...(written > 0 ? [fromLines(linesPath)] : []),
      ];
      const files = before.parts.map((part) => join(folder, part.file));
      await database.run(writePart(tablesOfAll, files, draft));
      sync(draft);
      const file = `part-${String(generation).padStart(6, "0")}-${pid}.parquet`;
      renameSync(draft, join(folder, file));
      syncFolder(folder);
      const all = linksOf([links, ...kept.map((bulk) => bulk.links)]);
      const part = { file, bytes: statSync(join(folder, file)).size, sources, links: all };
      commitManifest(folder, working.path, { generation, parts: [...before.parts, part] });
      if (files.length === 0) return undefined;
      const [[flows, inBoth] = []] = await database.rows(flowsInBoth(join(folder, file), files));
      return Number(inBoth) > 0 && 2 * Number(inBoth) >= Number(flows) ? Number(inBoth) : undefined;
    },
    close() {
      database.close();
      working.remove();
    },
  };
}

/** Derives the baseline of all that a store holds. @throws {EngineError} when the folder is no store, or is empty. */
export async function storedBaseline(folder: string, temporaryFolder: string): Promise<Baseline> {
  const manifest = readManifest(folder);
  const database = await openDatabase({ temporaryFolder, memory });
  try {
    const sources = manifest.parts.flatMap((part) => part.sources);
    const links = linksOf(manifest.parts.map((part) => part.links));
    return baselineOf({ sources, links }, await flowsOf(database, folder, manifest));
  } finally {
    database.close();
  }
}

/** What several parts saw of links, as one. */
function linksOf(parts: readonly (readonly LinkSighting[])[]): readonly LinkSighting[] {
  const links = linkSightings();
  for (const sighting of parts.flat()) links.add(sighting);
  return links.all();
}
