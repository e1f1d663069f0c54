import { renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Conversation } from "../../baseline/conversation.ts";
import type { Baseline } from "../../baseline/flow.ts";
import { type LinkSighting, linkSightings } from "../../baseline/links/sightings.ts";
import { baselineOf, type Recorded } from "../../baseline/observe.ts";
import { type Database, openDatabase } from "../duckdb/database.ts";
import type { LineCount } from "../duckdb/line-scan.ts";
import { haveCopies } from "../duckdb/zeek-copies.ts";
import { tellsLinks, zeekLinks } from "../duckdb/zeek-links.ts";
import { accountFor, aggregateZeekFile, type BulkSource, type ZeekFile } from "../duckdb/zeek-log.ts";
import { commitManifest, readManifest } from "./manifest.ts";
import { partialLines } from "./partial-lines.ts";
import { flowsOf } from "./read-flows.ts";
import { countInBoth, fromEngine, fromLines, writePart } from "./statements.ts";
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
  /** How often the log that is being aggregated is read, and how many of these readings are over. */
  let readings = { all: 0, over: 0 };
  return {
    database,
    nameOf: (sha256) =>
      before.parts.flatMap(({ sources }) => sources).find((source) => source.sha256 === sha256)?.name,
    async bulk(file) {
      tables += 1;
      const table = `log_${tables}`;
      readings = { all: tellsLinks(file.header) ? 2 : 1, over: 0 };
      const links = await aggregateZeekFile(database, file, table)
        .then(() => {
          readings = { ...readings, over: 1 };
          return zeekLinks(database, file);
        })
        .finally(() => {
          readings = { all: 0, over: 0 };
        });
      return {
        file,
        account: (count) => accountFor(database, table, file.header, count),
        keep: () => kept.push({ table, links }),
        drop: () => database.run(`DROP TABLE ${table}`),
      };
    },
    // The reading is the first of two steps, which the engine holds to be equal, but takes nearly all of the time.
    aggregated: () =>
      readings.over >= readings.all
        ? 1
        : (readings.over + Math.min(1, 2 * database.progress())) / readings.all,
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
      const inBoth = files.length === 0 ? 0 : await flowsInBoth(database, draft, files);
      sync(draft);
      const file = `part-${String(generation).padStart(6, "0")}-${pid}.parquet`;
      renameSync(draft, join(folder, file));
      syncFolder(folder);
      const all = linksOf([links, ...kept.map((bulk) => bulk.links)]);
      const part = { file, bytes: statSync(join(folder, file)).size, sources, links: all };
      commitManifest(folder, working.path, { generation, parts: [...before.parts, part] });
      return inBoth > 0 ? inBoth : undefined;
    },
    close() {
      database.close();
      working.remove();
    },
  };
}

/** How many flows of a new file the others have at the same time, where that is most of them; else 0. */
async function flowsInBoth(database: Database, path: string, others: readonly string[]): Promise<number> {
  const [[flows, inBoth] = []] = await database.rows(countInBoth(path, others));
  return 2 * Number(inBoth) >= Number(flows) ? Number(inBoth) : 0;
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
