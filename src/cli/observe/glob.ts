import { readdirSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";

/** What stands for one character or several in a name. */
const magic = /[*?[]/;

/**
 * The paths that a pattern stands for, sorted: `*` and `?` within a name, `[a-c]` for one character, `**` for folders at any
 * depth; a name with a dot in front is meant only where the pattern has one. Most shells do this themselves; that of Windows
 * does not, nor does any where the pattern is quoted. Node's own glob is newer than the oldest Node that is served.
 */
export function expandGlob(cwd: string, pattern: string): readonly string[] {
  const names = pattern.split(sep === "\\" ? /[\\/]/ : "/");
  const first = names.findIndex((name) => magic.test(name));
  if (first < 0) return [];
  const base = names.slice(0, first).join(sep);
  const folder = resolve(cwd, first > 0 && base === "" ? sep : base);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const rest = names.slice(first);
  const isMatch = expression(rest);
  if (isMatch === undefined) return [];
  return readdirSync(folder, { recursive: rest.length > 1, encoding: "utf8" })
    .filter((path) => isMatch.test(path.split(sep).join("/")))
    .map((path) => join(folder, path))
    .sort();
}

/** Undefined for what is no pattern, as a range from z to a. */
function expression(names: readonly string[]): RegExp | undefined {
  const parts = names.map((name, index) =>
    name === "**" ? "(?:[^./][^/]*/)*" : `${ofName(name)}${index < names.length - 1 ? "/" : ""}`,
  );
  try {
    return new RegExp(`^${parts.join("")}$`, "u");
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function ofName(name: string): string {
  const body = name.replaceAll(
    /\[(!?)([^\]/]+)\]|[*?]|[\\^$+.()|{}[\]]/g,
    (found, not: string, set: string) => {
      if (set !== undefined) return `[${not === "" ? "" : "^/"}${set.replaceAll(/[\\^\]]/g, "\\$&")}]`;
      if (found === "*") return "[^/]*";
      return found === "?" ? "[^/]" : `\\${found}`;
    },
  );
  return name.startsWith(".") ? body : `(?!\\.)${body}`;
}
