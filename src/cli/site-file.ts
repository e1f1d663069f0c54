import { isUtf8 } from "node:buffer";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { targetDefaults } from "../../targets/defaults.ts";
import { renderDiagnostic } from "../diagnostics/render.ts";
import type { Site } from "../policy/model.ts";
import { readSite } from "../policy/read.ts";
import { CommandError, type Context } from "./context.ts";

/** A site file that was read without errors. */
export interface LoadedSite {
  readonly site: Site;
  /** Absolute path of the file. */
  readonly path: string;
  readonly text: string;
  /** The folder of the file: paths in it, the journal and our state start from here. */
  readonly folder: string;
}

const sizeLimit = 8 * 1024 * 1024;

/**
 * Reads the site file at `path`, or else the nearest `site.yaml` in the working folder and above.
 * @throws {CommandError} after printing everything that is wrong with it.
 */
export function loadSite(context: Context, path: string | undefined): LoadedSite {
  const file = path === undefined ? nearestSiteFile(context.cwd) : resolve(context.cwd, path);
  const text = readText(file);
  const { value: site, diagnostics } = readSite(text, path ?? file, targetDefaults);
  for (const diagnostic of diagnostics) {
    context.process.stderr.write(`${renderDiagnostic(diagnostic, () => text)}\n\n`);
  }
  if (site === undefined) {
    const count = diagnostics.filter(({ severity }) => severity === "error").length;
    throw new CommandError(`${path ?? file} has ${count} error${count === 1 ? "" : "s"}`);
  }
  return { site, path: file, text, folder: dirname(file) };
}

function nearestSiteFile(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, "site.yaml");
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) break;
  }
  throw new CommandError(
    `there is no site.yaml in ${start} or above it: name one, or start with "sluice init"`,
  );
}

/** A text file as UTF-8 without its byte order mark. */
function readText(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new CommandError(`${path} does not exist`);
  if (!stats.isFile()) throw new CommandError(`${path} is not a file`);
  if (stats.size > sizeLimit) {
    throw new CommandError(`${path} has ${stats.size} bytes; a site file has at most ${sizeLimit}`);
  }
  const bytes = readFileSync(path);
  if (!isUtf8(bytes)) {
    throw new CommandError(`${path} is not UTF-8: the byte at offset ${firstInvalidByte(bytes)} is not text`);
  }
  return bytes.toString("utf8").replace(/^\ufeff/, "");
}

/** The offset where the text stops being UTF-8: a decoder takes every start of the file up to it, and none beyond. */
function firstInvalidByte(bytes: Buffer): number {
  let [valid, invalid] = [0, bytes.length + 1];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (startsWell(bytes.subarray(0, middle))) valid = middle;
    else invalid = middle;
  }
  return valid;
}

function startsWell(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
