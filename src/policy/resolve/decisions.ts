import { everyAddress } from "../../net/address.ts";
import type {
  Assertion,
  AssetId,
  Conduit,
  ConduitId,
  Exception,
  PermitId,
  PersonId,
  Silence,
  Zone,
  ZoneId,
} from "../model.ts";
import type { SiteFile } from "../schema/site.ts";
import type { Path } from "../source/source.ts";
import { didYouMean } from "../suggest.ts";
import { type Endpoints, resolveEnds } from "./endpoints.ts";
import { reportUnknown } from "./references.ts";
import { isWritten, type Resolution, reportValue } from "./report.ts";
import { resolveService, type ServiceNames } from "./services.ts";

type ExceptionEntry = NonNullable<SiteFile["exceptions"]>[string];

/** Exceptions, each about a pair of zones, an asset or a permit that exists. */
export function resolveExceptions(
  to: Resolution,
  entries: SiteFile["exceptions"],
  names: {
    readonly zones: readonly Zone[];
    readonly conduits: readonly Conduit[];
    readonly people: ReadonlySet<string>;
  },
): readonly Exception[] {
  const zoneIds = new Set<string>(names.zones.map(({ id }) => id));
  const references = {
    asset: names.zones.flatMap((zone) => zone.assets.map(({ id }) => `${zone.id}.${id}`)),
    permit: names.conduits.flatMap((conduit) => conduit.permits.map(({ id }) => `${conduit.id}.${id}`)),
  };
  return Object.entries(entries ?? {}).map(([id, entry]) => {
    const path = ["exceptions", id];
    reportUnknown(to, "person", entry.owner, [...path, "owner"], names.people);
    for (const [index, zone] of (entry.zones ?? []).entries()) {
      reportUnknown(to, "zone", zone, [...path, "zones", index], zoneIds);
    }
    for (const kind of ["asset", "permit"] as const) {
      const text = entry[kind];
      if (text === undefined || references[kind].includes(text) || isReferenceWritten(to, kind, text))
        continue;
      const fix = didYouMean(text, references[kind]);
      reportValue(to, `site/unknown-${kind}`, [...path, kind], `there is no ${kind} "${text}"`, { fix });
    }
    return {
      id,
      subject: exceptionSubject(entry),
      reason: entry.reason,
      owner: entry.owner as PersonId,
      expires: entry.expires,
      controls: entry.controls,
      span: to.source.locate(path, "key"),
    };
  });
}

function isReferenceWritten(to: Resolution, kind: "asset" | "permit", text: string): boolean {
  const [holder = "", name = ""] = text.split(".");
  return isWritten(
    to,
    kind === "asset" ? ["zones", holder, "assets", name] : ["conduits", holder, "permits", name],
  );
}

/** The schema has seen to it that there is exactly one. */
function exceptionSubject(entry: ExceptionEntry): Exception["subject"] {
  if (entry.zones !== undefined) return { kind: "pair", zones: entry.zones as [ZoneId, ZoneId] };
  const [holder, name] = (entry.asset ?? entry.permit ?? "").split(".");
  return entry.asset !== undefined
    ? { kind: "asset", zone: holder as ZoneId, asset: name as AssetId }
    : { kind: "permit", conduit: holder as ConduitId, permit: name as PermitId };
}

/** Assertions over sets; `*` in a name stands for any characters, alone for every address there is. */
export function resolveAssertions(
  to: Resolution,
  entries: SiteFile["assertions"],
  endpoints: Endpoints,
  services: ServiceNames,
): readonly Assertion[] {
  return Object.entries(entries ?? {}).flatMap(([id, entry]) => {
    const verdict = entry.accept === undefined ? "deny" : "accept";
    const asserted = entry[verdict];
    if (asserted === undefined) return [];
    const path = ["assertions", id, verdict];
    const ends = (key: "from" | "to") =>
      asserted[key].flatMap((text, index) => resolveAssertedEnd(to, endpoints, text, [...path, key, index]));
    return {
      id,
      verdict,
      from: ends("from"),
      to: ends("to"),
      services: asserted.services.flatMap(
        (text, index) => resolveService(to, services, text, [...path, "services", index]) ?? [],
      ),
      reason: entry.reason,
      span: to.source.locate(["assertions", id], "key"),
    };
  });
}

function resolveAssertedEnd(to: Resolution, endpoints: Endpoints, text: string, path: Path) {
  if (text === "*") return [everyAddress(4), everyAddress(6)];
  if (!text.includes("*")) return resolveEnds(to, endpoints, text, path).flatMap(({ ranges }) => ranges);
  const pattern = new RegExp(`^${text.split("*").map(escapeRegExp).join(".*")}$`);
  const named = [...endpoints.names].filter(([name]) => pattern.test(name)).flatMap(([, found]) => found);
  if (named.length === 0)
    reportValue(to, "site/unknown-name", path, `no zone, asset or group matches "${text}"`);
  return named.flatMap(({ members }) => members.flatMap(({ ranges }) => ranges));
}

const escapeRegExp = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Accepted findings; whether such a check and such a finding exist is for the checks to say. */
export const resolveSilences = (to: Resolution, entries: SiteFile["silences"]): readonly Silence[] =>
  (entries ?? []).map((entry, index) => ({
    ...entry,
    span: to.source.locate(["silences", index, "check"], "value"),
  }));
