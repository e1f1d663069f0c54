import { covers, formatAddress } from "../../net/address.ts";
import { durationSeconds, formatDuration } from "../duration.ts";
import type { Criterion, Cycle, Probe, Signal, TrialTimes, Window, WindowId, Zone } from "../model.ts";
import type { SiteFile } from "../schema/site.ts";
import type { Path } from "../source/source.ts";
import { resolveRange } from "./addresses.ts";
import { type Resolution, reportValue } from "./report.ts";

export function resolveWindows(to: Resolution, entries: SiteFile["windows"]): readonly Window[] {
  return Object.entries(entries ?? {}).map(([id, entry]) => {
    const path = ["windows", id];
    if (entry.from === entry.to || entry.from === "24:00") {
      reportValue(to, "site/empty-window", [...path, "from"], `window "${id}" never opens`, {
        fix: 'a window opens before it closes; "to" before "from" closes on the next day',
      });
    }
    return { id: id as WindowId, ...entry, days: entry.days ?? [], span: to.source.locate(path, "key") };
  });
}

const day = 86_400;

/** No limit on the sum of failures: only failures in a row count. */
const unlimited = Number.MAX_SAFE_INTEGER;

/** What ends a trial when the file does not say. */
const defaultCriteria: NonNullable<SiteFile["criteria"]> = {
  "baselined-flow-dropped": { type: "flow-dropped", interval: "2s" },
  heartbeat: { type: "heartbeat-lost", interval: "2s", "consecutive-limit": 1, "on-no-data": "hold" },
};

export const resolveSiteCriteria = (
  to: Resolution,
  entries: SiteFile["criteria"],
  zones: readonly Zone[],
): readonly Criterion[] => resolveCriteria(to, entries ?? defaultCriteria, ["criteria"], zones);

/** The site's criteria, with a conduit's own in place of those of the same name and behind the others. */
export function resolveConduitCriteria(
  to: Resolution,
  entries: SiteFile["criteria"],
  conduit: string,
  site: readonly Criterion[],
  zones: readonly Zone[],
): readonly Criterion[] | undefined {
  if (entries === undefined) return undefined;
  const own = resolveCriteria(to, entries, ["conduits", conduit, "criteria"], zones);
  return [...site.filter(({ id }) => !(id in entries)), ...own];
}

function resolveCriteria(
  to: Resolution,
  entries: NonNullable<SiteFile["criteria"]>,
  section: Path,
  zones: readonly Zone[],
): readonly Criterion[] {
  return Object.entries(entries).map(([id, entry]) => {
    const path = [...section, id];
    const failures = entry["failure-limit"];
    return {
      id,
      type: entry.type,
      interval: seconds(to, entry.interval, [...path, "interval"], { least: 1, most: 3_600 }),
      failureLimit: failures ?? unlimited,
      consecutiveLimit: entry["consecutive-limit"] ?? (failures === undefined ? 0 : unlimited),
      onNoData: entry["on-no-data"] ?? "fail",
      severity: entry.severity ?? "abort",
      ...(entry.mode === "dry-run" && { dryRun: true as const }),
      ...(entry["per-minute"] !== undefined && { perMinute: entry["per-minute"] }),
      ...(entry.percent !== undefined && { percent: entry.percent }),
      ...(entry.type === "tcp-probe" && { probe: probeOf(to, entry, path, zones) }),
      ...(entry.type === "external-signal" && { signal: signalOf(to, entry, path) }),
      span: to.source.locate(path, "key"),
    };
  });
}

type CriterionEntry = NonNullable<SiteFile["criteria"]>[string];

/** A probe is traffic of ours in the plant: where much is at stake, somebody must have said why. */
function probeOf(to: Resolution, entry: CriterionEntry, path: Path, zones: readonly Zone[]): Probe {
  const { address = "", port = 0, from = "engineer" } = entry;
  const at = [...path, "address"];
  const range = resolveRange(to, address, at);
  if (range && range.from !== range.to) {
    reportValue(to, "site/bad-value", at, "a probe connects to one address");
  }
  const zone = range && zones.find(({ networks }) => networks.some((network) => covers(network, range)));
  if (zone && zone.slTarget >= 3 && entry["high-target-accepted"] === undefined) {
    const message = `a probe would send traffic of its own into "${zone.id}", whose SL-T is ${zone.slTarget}`;
    const fix = 'leave the probe out, or say under "high-target-accepted" why this zone may be probed';
    reportValue(to, "site/probe-high-target", at, message, { fix });
  }
  return { address: range ? formatAddress(range.family, range.from) : address, port, from };
}

function signalOf(to: Resolution, entry: CriterionEntry, path: Path): Signal {
  if (entry.command) return { kind: "command", argv: entry.command };
  const stale = entry["stale-after"] ?? "1m";
  return {
    kind: "file",
    path: entry.file ?? "",
    expect: entry.expect ?? "ok",
    staleAfter: seconds(to, stale, [...path, "stale-after"], { least: 1, most: day }),
  };
}

export const resolveCycles = (to: Resolution, entries: SiteFile["cycles"]): readonly Cycle[] =>
  Object.entries(entries ?? {}).map(([id, entry]) => {
    const path = ["cycles", id];
    return {
      id,
      length: seconds(to, entry.length, [...path, "length"], { least: 1, most: 31 * day }),
      phases: entry.phases ?? [],
      span: to.source.locate(path, "key"),
    };
  });

/** Seconds of a duration, reported when it is out of bounds (both included). */
export function seconds(
  to: Resolution,
  text: string,
  path: Path,
  bounds: { readonly least: number; readonly most: number },
): number {
  const value = durationSeconds(text);
  if (value < bounds.least || value > bounds.most) {
    const range = `${formatDuration(bounds.least)} to ${formatDuration(bounds.most)}`;
    reportValue(to, "site/duration-bounds", path, `"${path.at(-1)}" is ${text}, outside ${range}`);
  }
  return value;
}

export function resolveTrial(to: Resolution, entry: SiteFile["trial"]): TrialTimes {
  const read = (
    key: keyof NonNullable<SiteFile["trial"]>,
    fallback: string,
    least: number,
    most: number,
  ): number => seconds(to, entry?.[key] ?? fallback, ["trial", key], { least, most });
  const before = to.diagnostics.length;
  const times = {
    lease: read("lease", "120s", 5, 3_600),
    renewEvery: read("renew-every", "5s", 1, 600),
    soak: read("soak", "10m", 0, 30 * day),
    maximum: read("maximum", "1h", 30, 31 * day),
    reserve: read("reserve", "10m", 0, day),
  };
  if (to.diagnostics.length > before) return times;
  if (times.renewEvery * 2 > times.lease) {
    reportValue(to, "site/trial-times", ["trial"], "a lease must outlast two renewals", {
      fix: `with a lease of ${formatDuration(times.lease)}, renew every ${formatDuration(Math.floor(times.lease / 2))} or more often`,
    });
  }
  if (times.soak >= times.maximum) {
    reportValue(to, "site/trial-times", ["trial"], "a trial would end before its soak does", {
      fix: `with a soak of ${formatDuration(times.soak)}, set a maximum above it`,
    });
  }
  return times;
}
