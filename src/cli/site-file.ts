import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { targetDefaults } from "../../targets/defaults.ts";
import type { Outcome } from "../diagnostics/diagnostic.ts";
import type { Site } from "../policy/model.ts";
import { readSiteFiles, type SiteText } from "../policy/read.ts";
import { CommandError, type Context } from "./context.ts";
import { refusal, tell } from "./tell.ts";
import { readTextFile } from "./text-file.ts";

/** The option of every command that reads the site file. */
export const siteFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  placeholder: "FILE",
  brief: "Site file (default: the nearest site.yaml)",
} as const;

/** A site file that was read without errors. */
export interface LoadedSite {
  readonly site: Site;
  /** Absolute path of the file, or of the folder that the site is split over. */
  readonly path: string;
  /** What was read; of a folder, all files one after the other, each under its name. */
  readonly text: string;
  /** The folder of the file: paths in it, the journal and our state start from here. */
  readonly folder: string;
}

/** A site as it was read, errors included. */
export interface ReadSiteFile extends Omit<LoadedSite, "site"> {
  readonly outcome: Outcome<Site>;
  readonly texts: readonly (SiteText & { readonly path: string })[];
}

const sizeLimit = 8 * 1024 * 1024;

/**
 * Reads the site at `path`, a file or a folder of files, or else the nearest `site.yaml` in the working folder and
 * above.
 * @throws {CommandError} after printing everything that is wrong with it.
 */
export function loadSite(context: Context, path: string | undefined): LoadedSite {
  const { outcome, texts, ...loaded } = readSiteFile(context, path);
  tell(context, outcome.diagnostics, sourceOf(texts));
  if (outcome.value !== undefined) return { site: outcome.value, ...loaded };
  throw refusal(path ?? loaded.path, outcome.diagnostics);
}

/** As `loadSite`, without judging what was read. @throws {CommandError} when there is nothing that can be read. */
export function readSiteFile(context: Context, path: string | undefined): ReadSiteFile {
  const place = path === undefined ? mustFindSite(context.cwd) : resolve(context.cwd, path);
  const shown = path ?? place;
  const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const names = isFolder ? yamlFiles(place, shown) : [shown];
  const texts = names.map((name) => {
    const file = resolve(context.cwd, name);
    return { name, path: file, text: readTextFile(file, name, sizeLimit) };
  });
  return {
    outcome: readSiteFiles(texts, targetDefaults),
    texts,
    path: place,
    text: isFolder ? texts.map(({ name, text }) => `# ${name}\n${text}`).join("\n") : (texts[0]?.text ?? ""),
    folder: isFolder ? place : dirname(place),
  };
}

/** Finds the text that a span points into. */
export const sourceOf =
  (texts: readonly SiteText[]) =>
  (file: string): string | undefined =>
    texts.find(({ name }) => name === file)?.text;

function yamlFiles(folder: string, shown: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  if (names.length === 0) throw new CommandError(`${shown} holds no .yaml file`);
  return names.toSorted().map((name) => join(shown, name));
}

/** The nearest `site.yaml` in a folder or above it. */
export function nearestSiteFile(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, "site.yaml");
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) return undefined;
  }
}

function mustFindSite(start: string): string {
  const found = nearestSiteFile(start);
  if (found !== undefined) return found;
  throw new CommandError(
    `there is no site.yaml in ${start} or above it: name one, or write one with "sluice init"`,
  );
}
