import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readBaseline } from "../baseline/file.ts";
import type { Baseline } from "../baseline/flow.ts";
import { renderDiagnostic } from "../diagnostics/render.ts";
import { CommandError, type Context } from "./context.ts";

/** A baseline file that was read without errors. */
export interface LoadedBaseline {
  readonly baseline: Baseline;
  readonly text: string;
}

/** How many faults of one file are worth showing: a wrong file has one for each flow. */
const shownFaults = 5;

/** Reads a baseline file. @throws {CommandError} after printing what is wrong with it. */
export function loadBaseline(context: Context, path: string): LoadedBaseline {
  const text = readText(resolve(context.cwd, path), path);
  const { value: baseline, diagnostics } = readBaseline(text, path);
  for (const diagnostic of diagnostics.slice(0, shownFaults)) {
    context.process.stderr.write(`${renderDiagnostic(diagnostic, () => text)}\n\n`);
  }
  if (baseline === undefined) {
    throw new CommandError(
      `${path} is not a baseline: ${diagnostics.length} error${diagnostics.length === 1 ? "" : "s"}`,
    );
  }
  return { baseline, text };
}

function readText(path: string, name: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new CommandError(`${name} does not exist`);
    if (code === "EISDIR") throw new CommandError(`${name} is a folder; give the baseline file in it`);
    throw error;
  }
}
