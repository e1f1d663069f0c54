import type { Path } from "../source/source.ts";
import { didYouMean } from "../suggest.ts";
import { isWritten, type Resolution, reportValue } from "./report.ts";

const sections = { zone: "zones", firewall: "firewalls", person: "people" } as const;

/** Reports each name that no entry of its section has. */
export function reportUnknown(
  to: Resolution,
  what: keyof typeof sections,
  written: readonly string[],
  path: Path,
  known: ReadonlySet<string>,
): void {
  for (const [index, name] of written.entries()) {
    if (known.has(name) || isWritten(to, [sections[what], name])) continue;
    const at = isWritten(to, [...path, index]) ? [...path, index] : path;
    const fix = didYouMean(name, [...known]) ?? `define it under "${sections[what]}"`;
    reportValue(to, `site/unknown-${what}`, at, `there is no ${what} "${name}"`, { fix });
  }
}
