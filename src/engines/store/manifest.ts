import { linkSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { baselineSourceSchema } from "../../baseline/file.ts";
import type { BaselineSource } from "../../baseline/flow.ts";
import type { LinkSighting } from "../../baseline/links/sightings.ts";
import { parseValue } from "../../baseline/sources/json.ts";
import { EngineError } from "../engine-error.ts";
import { syncFolder, writeSynced } from "./synced.ts";

/** What one run added: a file of partials, and the logs that they were made of. */
export interface Part {
  /** Name in the store's folder. */
  readonly file: string;
  readonly bytes: number;
  readonly sources: readonly BaselineSource[];
  readonly links: readonly LinkSighting[];
}

/** All that a store holds. Each addition is a generation with a manifest of its own; the highest one counts. */
export interface Manifest {
  readonly generation: number;
  readonly parts: readonly Part[];
}

/** JSON has no NaN: a time that is not known is null. */
const time = z
  .number()
  .nullable()
  .transform((seconds) => seconds ?? Number.NaN);
const link = z.strictObject({
  address: z.string(),
  card: z.int(),
  vlan: z.int().nonnegative(),
  seen: z.int().nonnegative(),
  first: time,
  last: time,
  hopLimit: z.int().nonnegative(),
  claimed: z.boolean(),
});

const content = z.strictObject({
  schema: z.literal("sluice/flow-store"),
  version: z.literal(2),
  parts: z.array(
    z.strictObject({
      file: z.string().regex(/^part-\d{6}-\d+\.parquet$/),
      bytes: z.int().nonnegative(),
      sources: z.array(baselineSourceSchema),
      links: z.array(link).default([]),
    }),
  ),
});

const namePattern = /^manifest-(\d{6})\.json$/;
const nameOf = (generation: number): string => `manifest-${String(generation).padStart(6, "0")}.json`;

/**
 * Reads the manifest of a store; that of an empty one where the folder is not there or holds nothing.
 * @throws {EngineError} when the folder holds something else, or lacks a part of the store.
 */
export function readManifest(folder: string): Manifest {
  const names = statSync(folder, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(folder);
  const generations = names.flatMap((name) => Number(namePattern.exec(name)?.[1] ?? []));
  const generation = Math.max(0, ...generations);
  if (generation === 0) {
    const other = names.find((name) => !name.startsWith("."));
    if (other !== undefined)
      throw new EngineError(`${folder} is no flow store: it holds "${other}"; name a new folder`);
    return { generation, parts: [] };
  }
  const path = join(folder, nameOf(generation));
  const { data, error } = content.safeParse(parseValue(readFileSync(path, "utf8")));
  if (data === undefined) {
    const [{ path: place, message }] = error.issues as [z.core.$ZodIssue];
    throw new EngineError(
      `${path}: ${place.join(".") || "file"}: ${message}. It was damaged, or written by another version; remove it to ` +
        "go back to the state before, where its manifest is still there",
    );
  }
  for (const { file, bytes } of data.parts) {
    const size = statSync(join(folder, file), { throwIfNoEntry: false })?.size;
    if (size !== bytes)
      throw new EngineError(
        `${join(folder, file)} ${size === undefined ? "is missing" : `has ${size} bytes and not ${bytes}`}: the store was ` +
          "not copied whole; copy it again",
      );
  }
  return { generation, parts: data.parts };
}

/**
 * Makes a manifest the one that counts, in one step of the file system: until then, and when anything fails, the store
 * is what it was. Only one of several runs that started from the same generation succeeds.
 * @throws {EngineError} when another run was first.
 */
export function commitManifest(folder: string, working: string, { generation, parts }: Manifest): void {
  const draft = join(working, "manifest.json");
  writeSynced(draft, `${JSON.stringify({ schema: "sluice/flow-store", version: 2, parts }, undefined, 2)}\n`);
  try {
    linkSync(draft, join(folder, nameOf(generation)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new EngineError(
      `another run has added to ${folder} in the meantime: nothing was added, run it again`,
    );
  }
  syncFolder(folder);
  // The one before stays, for a reader that has just looked it up.
  if (generation > 2) rmSync(join(folder, nameOf(generation - 2)), { force: true });
}
