import type { Family } from "../../net/address.ts";
import type { Service } from "../../net/service.ts";
import type {
  Conduit,
  ConduitId,
  Criterion,
  Denial,
  Exercise,
  FirewallId,
  FlowSet,
  OpenSessions,
  Permit,
  PermitId,
  PersonId,
  Zone,
  ZoneId,
} from "../model.ts";
import type { SiteFile } from "../schema/site.ts";
import type { Path } from "../source/source.ts";
import { didYouMean } from "../suggest.ts";
import { type Endpoint, type Endpoints, resolveEnds } from "./endpoints.ts";
import { reportUnknown } from "./references.ts";
import { type Resolution, reportKey, reportValue } from "./report.ts";
import { resolveConduitCriteria, seconds } from "./rollout.ts";
import { resolveService, type ServiceNames } from "./services.ts";

type ConduitEntry = NonNullable<SiteFile["conduits"]>[string];
type FlowEntry = NonNullable<ConduitEntry["denied"]>[string];

export interface Names {
  readonly endpoints: Endpoints;
  readonly services: ServiceNames;
  readonly zones: ReadonlySet<string>;
  readonly firewalls: ReadonlySet<string>;
  readonly people: ReadonlySet<string>;
  readonly criteria: readonly Criterion[];
  readonly siteZones: readonly Zone[];
}

/** Conduits with their permits and denials; two conduits for one pair of zones are reported. */
export function resolveConduits(
  to: Resolution,
  entries: SiteFile["conduits"],
  names: Names,
): readonly Conduit[] {
  const byPair = new Map<string, string>();
  return Object.entries(entries ?? {}).map(([id, entry]) => {
    const pair = entry.zones.toSorted().join(" ");
    const other = byPair.get(pair);
    if (other === undefined) byPair.set(pair, id);
    else {
      const related = [{ span: to.source.locate(["conduits", other], "key"), message: "the other conduit" }];
      const message = `conduits "${other}" and "${id}" join the same zones`;
      const fix = "put all permits of a pair of zones into one conduit";
      reportKey(to, "site/conduit-twice", ["conduits", id], message, { related, fix });
    }
    return resolveConduit(to, id as ConduitId, entry, names);
  });
}

function resolveConduit(to: Resolution, id: ConduitId, entry: ConduitEntry, names: Names): Conduit {
  const path = ["conduits", id];
  const [left, right] = entry.zones as [ZoneId, ZoneId];
  for (const [index, zone] of entry.zones.entries()) {
    reportUnknown(to, "zone", zone, [...path, "zones", index], names.zones);
  }
  for (const [index, firewall] of entry.firewalls.entries()) {
    const at = [...path, "firewalls", index];
    reportUnknown(to, "firewall", firewall, at, names.firewalls);
    if (entry.firewalls.indexOf(firewall) === index) continue;
    reportValue(to, "site/firewall-twice", at, `"${firewall}" is here twice`, {
      fix: "name each firewall once",
    });
  }
  if (left === right) {
    const message = `conduit "${id}" joins zone "${left}" with itself`;
    reportValue(to, "site/conduit-within-zone", [...path, "zones"], message, {
      fix: "traffic inside a zone is not filtered: name two zones",
    });
  }
  const flowSet = (flow: FlowEntry, at: Path): FlowSet => resolveFlowSet(to, flow, at, [left, right], names);
  return {
    id,
    description: entry.description,
    zones: [left, right],
    firewalls: entry.firewalls as FirewallId[],
    permits: Object.entries(entry.permits ?? {}).map(([name, permit]): Permit => {
      const at = [...path, "permits", name];
      if (permit.owner !== undefined)
        reportUnknown(to, "person", permit.owner, [...at, "owner"], names.people);
      return {
        id: name as PermitId,
        ...flowSet(permit, at),
        owner: permit.owner as PersonId | undefined,
        evidence: permit.evidence,
        critical: permit.critical ?? false,
        essential: permit.essential,
        reconnectRequired: permit["reconnect-required"],
        ...(permit.silence !== undefined && {
          silence: seconds(to, permit.silence, [...at, "silence"], { least: 1, most: 31 * 86_400 }),
        }),
        expires: permit.expires,
      };
    }),
    denials: Object.entries(entry.denied ?? {}).map(
      ([name, denial]): Denial => ({ id: name, ...flowSet(denial, [...path, "denied", name]) }),
    ),
    sessions: resolveSessions(to, entry.sessions, [...path, "sessions"]),
    ...(entry.exercise && { exercises: resolveExercises(to, entry, path) }),
    criteria: resolveConduitCriteria(to, entry.criteria, id, names.criteria, names.siteZones),
    span: to.source.locate(path, "key"),
  };
}

function resolveExercises(to: Resolution, entry: ConduitEntry, path: Path): readonly Exercise[] {
  const permits = new Set(Object.keys(entry.permits ?? {}));
  return Object.entries(entry.exercise ?? {}).map(([id, step]) => {
    const at = [...path, "exercise", id];
    for (const [index, permit] of step.permits.entries()) {
      if (permits.has(permit)) continue;
      const message = `there is no permit "${permit}" in this conduit`;
      reportValue(to, "site/unknown-permit", [...at, "permits", index], message, {
        fix: didYouMean(permit, [...permits]) ?? "name a permit of this conduit",
      });
    }
    return { id, do: step.do, permits: step.permits as PermitId[], span: to.source.locate(at, "key") };
  });
}

/** A drain has an end: what it lets go on is what nobody permitted. */
function resolveSessions(to: Resolution, text: string | undefined, path: Path): OpenSessions | undefined {
  if (text === undefined) return undefined;
  const [mode, time] = text.split(" ");
  if (mode === "drain") {
    return { mode, seconds: seconds(to, time!, path, { least: 60, most: 7 * 86_400 }) };
  }
  return { mode: mode as "rematch" | "cut" };
}

function resolveFlowSet(
  to: Resolution,
  entry: FlowEntry,
  path: Path,
  zones: readonly [ZoneId, ZoneId],
  names: Names,
): FlowSet {
  const ends = (key: "initiators" | "responders"): readonly Endpoint[] =>
    entry[key].flatMap((text, index) => resolveEnds(to, names.endpoints, text, [...path, key, index]));
  const initiators = ends("initiators");
  const responders = ends("responders");
  const services = entry.services.flatMap(
    (text, index) => resolveService(to, names.services, text, [...path, "services", index]) ?? [],
  );
  const sided =
    zones.every((zone) => names.zones.has(zone)) && reportSides(to, initiators, responders, zones);
  const complete =
    initiators.length === entry.initiators.length && responders.length === entry.responders.length;
  if (sided && complete) reportFamilies(to, initiators, responders, services, path);
  return {
    initiators: initiators.flatMap(({ ranges }) => ranges),
    responders: responders.flatMap(({ ranges }) => ranges),
    services,
    reason: entry.reason,
    written: { initiators: entry.initiators, responders: entry.responders, services: entry.services },
    span: to.source.locate(path, "key"),
  };
}

/** All initiators lie in one zone of the conduit and all responders in the other; what does not is reported. */
function reportSides(
  to: Resolution,
  initiators: readonly Endpoint[],
  responders: readonly Endpoint[],
  zones: readonly [ZoneId, ZoneId],
): boolean {
  const foreign = [...initiators, ...responders].filter(({ zone }) => !zones.includes(zone.id));
  for (const { text, zone, path } of foreign) {
    const what = text === zone.id ? `zone "${text}"` : `"${text}" lies in zone "${zone.id}", which`;
    reportValue(to, "site/not-in-conduit", path, `${what} is neither end of this conduit`, {
      fix: `this conduit joins ${zones.join(" and ")}: move the permit to the conduit of its zones`,
      clause: "IEC 62443-3-2 ZCR 3.1",
    });
  }
  if (foreign.length > 0) return false;
  const side = initiators[0]?.zone.id;
  const strays = [
    ...initiators.filter(({ zone }) => zone.id !== side).map((end) => ({ ...end, as: "an initiator" })),
    ...responders.filter(({ zone }) => zone.id === side).map((end) => ({ ...end, as: "a responder" })),
  ];
  for (const { text, zone, path, as } of strays) {
    const message = `"${text}" lies in zone "${zone.id}" and cannot be ${as} here: the initiators are in "${side}"`;
    reportValue(to, "site/same-side", path, message, {
      fix: "initiators in one zone, responders in the other: write one permit for each direction",
    });
  }
  return strays.length === 0;
}

/** A rule has one family: a permit that has no family in common with itself would mean nothing. */
function reportFamilies(
  to: Resolution,
  initiators: readonly Endpoint[],
  responders: readonly Endpoint[],
  services: readonly Service[],
  path: Path,
): void {
  const families = (ends: readonly Endpoint[]): ReadonlySet<Family> =>
    new Set(ends.flatMap(({ ranges }) => ranges.map(({ family }) => family)));
  const [from, towards] = [families(initiators), families(responders)];
  const common = [...from].filter((family) => towards.has(family));
  if (common.length === 0 && from.size > 0 && towards.size > 0) {
    const message = "the initiators and the responders have no IP version in common";
    reportKey(to, "site/no-common-family", path, message, { fix: "give both ends addresses of one version" });
  }
  const useless = services.find((service) => service.kind === "icmp" && !common.includes(service.family));
  if (common.length > 0 && useless?.kind === "icmp") {
    const [name, other] = useless.family === 4 ? ["icmp", "icmpv6"] : ["icmpv6", "icmp"];
    const message = `${name} is IPv${useless.family}, and these ends share only IPv${common[0]}`;
    reportValue(to, "site/no-common-family", [...path, "services"], message, { fix: `write ${other}/…` });
  }
}
