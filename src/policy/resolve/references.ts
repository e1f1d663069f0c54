import type { Path } from "../source/source.ts";
import { didYouMean } from "../suggest.ts";
import { isWritten, type Resolution, reportValue } from "./report.ts";

const sections = { zone: "zones", firewall: "firewalls", person: "people" } as const;

/** Reports a name that no entry of its section has; names in broken entries have been dealt with. */
export function reportUnknown(
  to: Resolution,
  what: keyof typeof sections,
  name: string,
  path: Path,
  known: ReadonlySet<string>,
  report: typeof reportValue = reportValue,
): void {
  if (known.has(name) || isWritten(to, [sections[what], name])) return;
  const fix = didYouMean(name, [...known]) ?? `define it under "${sections[what]}"`;
  report(to, `site/unknown-${what}`, path, `there is no ${what} "${name}"`, { fix });
}
