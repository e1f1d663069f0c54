import { renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Conversation } from "../../baseline/conversation.ts";
import type { Baseline } from "../../baseline/flow.ts";
import { joinedSightings } from "../../baseline/links/sightings.ts";
import { baselineOf, type Recorded } from "../../baseline/observe.ts";
import { type Database, openDatabase } from "../duckdb/database.ts";
import { mayHaveCopies, type ZeekFile } from "../duckdb/zeek-copies.ts";
import { commitManifest, readManifest } from "./manifest.ts";
import { partialLines } from "./partial-lines.ts";
import { flowsOf } from "./read-flows.ts";
import { countInBoth, writePart } from "./statements.ts";
import { sync, syncFolder } from "./synced.ts";
import { workingFolder } from "./working-folder.ts";

/** One addition to a store: what is read becomes part of it at once, or nothing does. */
export interface Addition {
  /** The name under which the store has a file of these bytes. */
  nameOf(sha256: string): string | undefined;
  draft(): Draft;
  place(): Place;
  /** Whether logs that were read by themselves may hold the same connections, so that these would count twice. @throws {EngineError} */
  mayHaveCopies(files: readonly ZeekFile[]): Promise<boolean>;
  readonly database: Pick<Database, "interrupt">;
  /**
   * Makes the drafts that are kept part of the store.
   * @param recorded every file that was read, with what became of its lines and what it tells of links.
   * @returns how many of its flows the store had at the same time from earlier additions, where that is most of them: it keeps
   * sums, which cannot tell whether a second sensor saw the same connections or other ones.
   * @throws {EngineError} when another run was first; the store is as it was then.
   */
  commit(recorded: Recorded): Promise<number | undefined>;
  /** Removes what is not committed. */
  close(): void;
}

/** What was read of some files. It counts unless it is dropped. */
export interface Draft {
  add(talk: Conversation): void;
  drop(): void;
}

/** Where another thread writes a draft, as `partialLines` does. */
export interface Place {
  readonly path: string;
  /** It is written. @param partials how many there are. */
  keep(partials: number): void;
  drop(): void;
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
  /** How many partials each draft has, by its path; what is written by this thread ends with it. */
  const drafts = new Map<string, () => number>();
  let opened = 0;
  const nextPath = (): string => {
    opened += 1;
    return join(working.path, `partials-${opened}.ndjson`);
  };
  return {
    database,
    nameOf: (sha256) =>
      before.parts.flatMap(({ sources }) => sources).find((source) => source.sha256 === sha256)?.name,
    draft() {
      const path = nextPath();
      const lines = partialLines(path);
      drafts.set(path, lines.end);
      return {
        add: lines.add,
        drop() {
          lines.end();
          drafts.delete(path);
          rmSync(path);
        },
      };
    },
    place() {
      const path = nextPath();
      return {
        path,
        keep(partials) {
          drafts.set(path, () => partials);
        },
        drop() {
          drafts.delete(path);
          rmSync(path, { force: true });
        },
      };
    },
    mayHaveCopies: (files) => mayHaveCopies(database, files),
    async commit({ sources, links }) {
      const written = [...drafts].filter(([, end]) => end() > 0).map(([path]) => path);
      const draft = join(working.path, "part.parquet");
      const files = before.parts.map((part) => join(folder, part.file));
      await database.run(writePart(written, files, draft));
      const inBoth = files.length === 0 ? 0 : await flowsInBoth(database, draft, files);
      sync(draft);
      const file = `part-${String(generation).padStart(6, "0")}-${pid}.parquet`;
      renameSync(draft, join(folder, file));
      syncFolder(folder);
      const part = { file, bytes: statSync(join(folder, file)).size, sources, links };
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
    const links = joinedSightings(manifest.parts.map((part) => part.links));
    return baselineOf({ sources, links }, await flowsOf(database, folder, manifest));
  } finally {
    database.close();
  }
}
