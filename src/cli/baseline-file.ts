import { resolve } from "node:path";
import { readBaseline } from "../baseline/file.ts";
import type { Baseline } from "../baseline/flow.ts";
import type { Context } from "./context.ts";
import { refusal, tell } from "./tell.ts";
import { readTextFile } from "./text-file.ts";

/** A baseline file that was read without errors. */
export interface LoadedBaseline {
  readonly baseline: Baseline;
  readonly text: string;
}

/** The longest text that the runtime holds has 512 MiB less some bytes. */
const sizeLimit = 500 * 1024 * 1024;

/** How many faults of one file are worth showing: a wrong file has one for each flow. */
const shownFaults = 5;

/** Reads a baseline file. @throws {CommandError} after printing what is wrong with it. */
export function loadBaseline(context: Context, path: string): LoadedBaseline {
  const text = readTextFile(resolve(context.cwd, path), path, sizeLimit);
  const { value: baseline, diagnostics } = readBaseline(text, path);
  tell(context, diagnostics.slice(0, shownFaults), () => text);
  if (baseline === undefined) throw refusal(path, diagnostics);
  return { baseline, text };
}
