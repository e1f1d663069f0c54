import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";
import type { Path, Source, SourceOutcome } from "./source.ts";

/** Sections that may be written in several files; their entries, like everything else, stand in one. */
const mergedSections: ReadonlySet<string> = new Set([
  "people",
  "zones",
  "groups",
  "services",
  "conduits",
  "firewalls",
  "windows",
  "cycles",
  "criteria",
  "exceptions",
  "assertions",
]);

type Mapping = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** One site out of several files, in this order. What two files both say is reported; each says the version itself. */
export function mergeSources(sources: readonly Source[]): SourceOutcome {
  const diagnostics: Diagnostic[] = [];
  const value: Record<string, unknown> = {};
  const owners = new Map<string, Source>();
  const take = (path: Path, source: Source, holder: Record<string, unknown>, entry: unknown): void => {
    const key = JSON.stringify(path);
    const owner = owners.get(key);
    if (owner !== undefined && path[0] === "sluice" && holder[path[0]] === entry) return;
    if (owner !== undefined) diagnostics.push(twice(path, source, owner));
    else {
      owners.set(key, source);
      holder[path.at(-1) as string] = entry;
    }
  };
  for (const source of sources) {
    if (!isMapping(source.value)) {
      diagnostics.push(notAMapping(source.locate([], "value")));
      continue;
    }
    for (const [section, entries] of Object.entries(source.value)) {
      if (!mergedSections.has(section) || !isMapping(entries)) take([section], source, value, entries);
      else {
        value[section] ??= {};
        const holder = value[section] as Record<string, unknown>;
        for (const [name, entry] of Object.entries(entries)) take([section, name], source, holder, entry);
      }
    }
  }
  const locate = (path: Path, part: "key" | "value"): Span => {
    const owner =
      owners.get(JSON.stringify(path.slice(0, 2))) ?? owners.get(JSON.stringify(path.slice(0, 1)));
    return (owner ??
      sources.find((source) => isMapping(source.value) && path[0]! in source.value) ??
      sources[0])!.locate(path, part);
  };
  return { source: { value, locate }, diagnostics };
}

const twice = (path: Path, source: Source, owner: Source): Diagnostic => ({
  code: "site/defined-twice",
  severity: "error",
  message: `"${path.join(".")}" is in two files`,
  span: source.locate(path, "key"),
  related: [{ span: owner.locate(path, "key"), message: "first here" }],
  fix: "keep it in one of them",
});

const notAMapping = (span: Span): Diagnostic => ({
  code: "site/wrong-type",
  severity: "error",
  message: "a site file is a mapping with keys such as zones and conduits",
  span,
});
