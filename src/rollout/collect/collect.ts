import { flowKey } from "../../baseline/aggregate.ts";
import {
  type Baseline,
  type BaselineFlow,
  type BaselineSource,
  type Collection,
  firewallRecordFormat,
} from "../../baseline/flow.ts";
import type { Places } from "../../baseline/propose/places.ts";
import { instant } from "../../baseline/time.ts";
import { canonicalJson, sha256 } from "../../digest.ts";
import { isClientPort } from "../../net/client-port.ts";
import { portProtocols } from "../../net/protocol.ts";
import type { CountersReading, SessionListing } from "../../target.ts";
import { type Growth, keptReadings, type Step, stepFrom } from "./counted.ts";
import { permitEvidence, recordEvidence } from "./evidence.ts";
import { type Sighting, withSightings } from "./merge.ts";
import { rhythmOf } from "./rhythm.ts";
import { sessionSightings } from "./sessions.ts";

/** What a firewall's own counters, record and sessions said at one moment. */
export interface FirewallReading {
  readonly firewall: string;
  readonly target: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly conduits: readonly { readonly conduit: string; readonly counters: CountersReading }[];
  readonly sessions: SessionListing;
}

export interface Collected {
  readonly baseline: Baseline;
  /** What the engineer should know, a sentence each. */
  readonly warnings: readonly string[];
}

/** What became of the packets that the reading counted. */
interface Counts {
  used: number;
  pickedUp: number;
  lost: number;
}

const lostReason = "counted by the firewall and not in its record";
const pickedUpReason = "answer in a session that was picked up midway";

/**
 * Adds a reading of a firewall to a baseline. What was counted before the reading before is not counted again; where
 * counters began anew (a reload, a reboot), the stretch of observation ends and another one begins.
 */
export function collect(before: Baseline | undefined, reading: FirewallReading, places: Places): Collected {
  const { firewall, time } = reading;
  const now = instant(time)!;
  const warnings: string[] = [];
  const counts: Counts = { used: 0, pickedUp: 0, lost: 0 };
  const collections: Collection[] = [];
  const growths: { readonly growth: Growth; readonly seen: Pick<Sighting, "evidence" | "confidence"> }[] = [];
  const rhythms = new Map<string, NonNullable<BaselineFlow["cadence"]>>();
  let isContinued = true;
  for (const { conduit, counters } of reading.conduits) {
    const old = before?.collections?.find((one) => one.firewall === firewall && one.conduit === conduit);
    const sameRecord = old?.epoch.record === counters.epoch.record;
    const sameRules = old?.epoch.rules === counters.epoch.rules;
    const recorded = stepFrom(sameRecord ? old?.recorded : undefined, counters.recorded);
    const admitted = stepFrom(sameRules ? old?.admitted : undefined, counters.admitted);
    const isAnew =
      old !== undefined && (!sameRecord || !sameRules || totalFell(old, counters) || admitted.fell);
    if (isAnew) warnings.push(`${conduit}: the counters began anew since ${old.readings.at(-1)}`);
    if (old === undefined || isAnew) isContinued = false;
    const lost = old === undefined || isAnew ? 0 : lostSince(old, counters, recorded);
    if (lost > 0) {
      warnings.push(
        `${conduit}: ${lost} packets that no permit admitted were counted and are not in the record: it lost them`,
      );
    }
    if (counters.recordFull) {
      warnings.push(
        `${conduit}: the record is full, or the host can keep none, so something may be missing from it`,
      );
    }
    if (counters.unpermitted === undefined && !counters.recordFull) {
      warnings.push(
        `${conduit}: this firewall keeps no count beside its record, so what the record lost is not known`,
      );
    }
    const portless = recorded.growths.filter(lacksPort).reduce((sum, { packets }) => sum + packets, 0);
    if (portless > 0) {
      warnings.push(
        `${conduit}: ${portless} packets are in the record without their ports, since it was full: their service is not known`,
      );
    }
    counts.lost += lost + portless;
    const readings = [...((isAnew ? undefined : old?.readings) ?? []), now].slice(-keptReadings);
    const times = readings.map((text) => Date.parse(text) / 1000);
    for (const one of [...recorded.counted, ...admitted.counted]) {
      const rhythm = rhythmOf(times, one.rose);
      if (rhythm) rhythms.set(flowKey(one), rhythm);
    }
    growths.push(
      ...recorded.growths
        .filter((growth) => !lacksPort(growth))
        .map((growth) => ({ growth, seen: recordEvidence(growth.flow, growth.openings) })),
      ...admitted.growths
        .filter((growth) => !lacksPort(growth))
        .map((growth) => ({ growth, seen: permitEvidence })),
    );
    collections.push({
      ...{ firewall, conduit, since: isAnew || !old ? now : old.since, readings, epoch: counters.epoch },
      ...{ recorded: recorded.counted, admitted: admitted.counted },
      ...(counters.unpermitted && { unpermitted: counters.unpermitted.after }),
    });
  }

  const answersAre = answersOf(before?.flows ?? [], growths);
  const sightings = growths.flatMap(({ growth, seen }): readonly Sighting[] => {
    const { flow, packets, replies, openings, quietFor = 0 } = growth;
    if (answersAre(growth)) {
      counts.pickedUp += packets;
      return [];
    }
    counts.used += packets;
    const cadence = rhythms.get(flowKey(flow));
    return [
      {
        ...{ flow, packets, connections: openings ?? 0, last: time - quietFor, answered: (replies ?? 0) > 0 },
        ...seen,
        ...(cadence && { cadence }),
      },
    ];
  });
  const { sessions } = reading;
  if (sessions.kind === "not-listed") {
    warnings.push(`permitted flows are known by the counters of their permits alone: ${sessions.reason}`);
  }
  const known = new Set([...(before?.flows ?? []), ...sightings.map(({ flow }) => flow)].map(flowKey));
  const open = sessions.kind === "listed" ? sessionSightings(sessions.sessions, places, known, time) : [];
  const others = (before?.collections ?? []).filter(
    (one) => !collections.some(({ conduit }) => one.firewall === firewall && one.conduit === conduit),
  );
  return {
    baseline: {
      schema: "sluice/baseline",
      version: 1,
      sources: withSource(before?.sources ?? [], reading, counts, isContinued),
      flows: withSightings(before?.flows ?? [], [...sightings, ...open]),
      ...(before?.attempts && { attempts: before.attempts }),
      collections: [...others, ...collections],
      ...(before?.links && { links: before.links }),
      ...(before?.findings && { findings: before.findings }),
    },
    warnings,
  };
}

/** Where the record of ports is full, that of bare protocols takes its packets; a permit of a protocol names none either. */
const lacksPort = ({ flow: { protocol, port } }: Growth): boolean =>
  port === undefined && portProtocols.has(protocol);

const totalFell = (old: Collection, { unpermitted }: CountersReading): boolean =>
  old.unpermitted !== undefined && unpermitted !== undefined && unpermitted.after < old.unpermitted;

/**
 * Packets that were counted, at the least, and that the record does not hold. The count just after the last record and
 * the one just before this record lie inside what the two records must hold.
 */
function lostSince(old: Collection, { unpermitted }: CountersReading, recorded: Step): number {
  if (old.unpermitted === undefined || unpermitted === undefined) return 0;
  const noted = recorded.growths.reduce((sum, { packets }) => sum + packets, 0);
  return Math.max(0, unpermitted.before - old.unpermitted - noted);
}

/**
 * Whether a growth is of the answers in a session that the firewall forgot and picked up from its answering side: without
 * an opening, towards a client's port, from somebody whom the other end is known to ask.
 */
function answersOf(
  flows: readonly BaselineFlow[],
  growths: readonly { readonly growth: Growth; readonly seen: Pick<Sighting, "confidence"> }[],
): (growth: Growth) => boolean {
  const pair = (protocol: number, from: string, to: string): string => `${protocol} ${from} ${to}`;
  const asked = new Set(
    [...flows, ...growths.map(({ growth, seen }) => ({ ...growth.flow, ...seen }))]
      .filter(({ confidence, port }) => confidence >= 0.5 && !isClientPort(port))
      .map(({ protocol, initiator, responder }) => pair(protocol, initiator, responder)),
  );
  return ({ flow, openings }) =>
    (openings ?? 0) === 0 &&
    isClientPort(flow.port) &&
    asked.has(pair(flow.protocol, flow.responder, flow.initiator));
}

/** The sources with this reading in them: a stretch that goes on grows, and counters that began anew begin another one. */
function withSource(
  sources: readonly BaselineSource[],
  { firewall, target, time, conduits }: FirewallReading,
  counts: Counts,
  isContinued: boolean,
): readonly BaselineSource[] {
  const format = firewallRecordFormat(target);
  const at = sources.findLastIndex((one) => one.name === firewall && one.format === format);
  const last = isContinued ? sources[at] : undefined;
  const now = instant(time)!;
  const add = (before: Readonly<Record<string, number>> | undefined, reason: string, more: number) => {
    const sum = (before?.[reason] ?? 0) + more;
    return sum === 0 ? {} : { [reason]: sum };
  };
  const source: BaselineSource = {
    name: firewall,
    format,
    sha256: sha256(canonicalJson(conduits)),
    firstSeen: last?.firstSeen ?? now,
    lastSeen: now,
    accounting: {
      unit: "packets",
      read: (last?.accounting.read ?? 0) + counts.used + counts.pickedUp + counts.lost,
      used: (last?.accounting.used ?? 0) + counts.used,
      ignored: add(last?.accounting.ignored, pickedUpReason, counts.pickedUp),
      rejected: add(last?.accounting.rejected, lostReason, counts.lost),
    },
  };
  return last === undefined ? [...sources, source] : sources.with(at, source);
}
