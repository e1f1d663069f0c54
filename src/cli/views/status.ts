import { places } from "../../baseline/propose/places.ts";
import { flowText } from "../../baseline/propose/question.ts";
import { printable, printableLine } from "../../diagnostics/printable.ts";
import type { Site } from "../../policy/model.ts";
import type { Standing } from "../../report/site/history.ts";
import { count, duration, minute } from "../../report/words.ts";
import { deadManNames } from "../../rollout/drill.ts";
import { lockText } from "../../rollout/holder.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import type { Ring } from "../../rollout/known-good/known-good.ts";
import { type Met, type PairStanding, pairStandings } from "../../rollout/pair-standing.ts";
import type { JudgedFlow } from "../../rollout/record.ts";
import type { GuardState, LiveConduit, LiveState } from "../../target.ts";
import { recordLines } from "./record.ts";

/** What a conduit recorded of packets that no permit admitted, held against the site file. */
export interface ConduitRecord {
  readonly conduit: string;
  readonly flows: readonly JudgedFlow[];
  readonly full: boolean;
}

/** What is known of one firewall now; without `live` it did not answer. */
export interface FirewallStatus {
  readonly firewall: string;
  readonly live?: Pick<LiveState, "conduits" | "lock" | "ownHash" | "foreignHash">;
  readonly records?: readonly ConduitRecord[];
  /** The second dead man of the last trial since the firewall booted. */
  readonly guard?: GuardState;
  readonly knownGoods?: Pick<Ring, "current"> & { readonly numbers: readonly number[] };
  /** Since when each conduit stands where it stands, by the journal. */
  readonly standings?: ReadonlyMap<string, Standing>;
  readonly problem?: string;
}

/** How the pairs of the site stand, by what was read of their members. */
export const pairsIn = (site: Site, firewalls: readonly FirewallStatus[]): readonly PairStanding[] =>
  pairStandings(site, (id) => firewalls.find(({ firewall }) => firewall === id)?.live?.conduits);

/** Every firewall with its conduits, its pairs where they are not of one mind, then the last entries of the journal. */
export function renderStatus(
  firewalls: readonly FirewallStatus[],
  journal: readonly JournalEntry[],
  site: Site,
  now: Date,
): string {
  const { nameOf } = places(site);
  const lines = [
    ...firewalls.flatMap((status) => firewallLines(status, site, nameOf, now)),
    ...pairsIn(site, firewalls).flatMap(pairLines),
    ...(journal.length > 0 ? ["last in the journal:"] : []),
    ...journal.map(entryText),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

/** What was done, and why where the entry says so. */
function entryText({ time, actor, action, conduit, firewall, details }: JournalEntry): string {
  const why = details?.cause ?? details?.reason;
  const words = [time, actor, action, conduit, firewall].filter((word) => word !== undefined);
  return `  ${words.join(" ")}${why ? `: ${why}` : ""}`;
}

function firewallLines(
  status: FirewallStatus,
  site: Site,
  nameOf: (address: string) => string,
  now: Date,
): readonly string[] {
  if (!status.live) return [`${status.firewall}: NOT KNOWN. ${printableLine(status.problem ?? "")}`];
  const { conduits, lock } = status.live;
  const expected = site.conduits
    .filter((conduit) => conduit.firewalls.some((id) => id === status.firewall))
    .map((conduit) => conduit.id as string);
  const names = [...new Set([...expected, ...conduits.map((one) => one.conduit)])];
  return [
    `${status.firewall}:`,
    ...names.flatMap((name) => {
      const own = conduits.filter((one) => one.conduit === name);
      const record = status.records?.find((one) => one.conduit === name);
      return [
        `  ${name}: ${stageText(own, status.standings?.get(name), now)}`,
        ...(record ? conduitRecordLines(record, nameOf).map((line) => `    ${line}`) : []),
      ];
    }),
    ...(status.guard ? guardLines(status.guard) : []),
    ...(lock ? [`  locked by ${lockText(lock)}`] : []),
    status.knownGoods
      ? `  known-goods: ${status.knownGoods.numbers.join(", ")}; current ${status.knownGoods.current}`
      : "  known-goods: none yet",
  ];
}

function pairLines({ firewalls, differences }: PairStanding): readonly string[] {
  const names = firewalls.join(" and ");
  if (!differences) return [`whether the pair ${names} is split is NOT KNOWN`];
  return differences.map(
    ({ conduit, met }) =>
      `THE PAIR ${names} IS SPLIT: a failover changes what passes. ${conduit} is ${met.map(metText).join(", ")}`,
  );
}

const metText = ({ firewall, stage, onTrial }: Met): string =>
  `${stage}${onTrial ? " on trial" : ""} on ${firewall}`;

/** One that was disarmed has nothing to tell. */
function guardLines(guard: GuardState): readonly string[] {
  const name = `  second dead man of plan ${guard.plan}… (${deadManNames[guard.by]}):`;
  switch (guard.kind) {
    case "waits":
      return [`${name} fires in ${guard.secondsLeft.toFixed(0)} s`];
    case "gone":
      return [`${name} IS GONE, only the first one is left`];
    case "disarmed":
      return [];
    case "fired":
      return [
        `${name} fired and ${guard.found === "trial" ? "ENDED A TRIAL that the first one had not ended" : "found the trial over"}`,
      ];
  }
}

function stageText(own: readonly LiveConduit[], standing: Standing | undefined, now: Date): string {
  const stage = own.find((one) => !one.trial)?.stage ?? "unmanaged";
  const trial = own.find((one) => one.trial);
  return [
    // The journal knows nothing of what was changed past Sluice: then it is silent about the time.
    standing?.stage === stage
      ? `${stage} for ${duration(Math.max(0, now.getTime() - Date.parse(standing.since.time)) / 1000)}, since ${minute(standing.since.time)}`
      : stage,
    ...(trial?.trial
      ? [
          `ON TRIAL: ${trial.stage}, ends by itself in ${trial.trial.secondsLeft.toFixed(0)} s (plan ${trial.trial.plan}…)`,
        ]
      : []),
    ...own.flatMap(({ draining, trial: tried }) =>
      draining === undefined
        ? []
        : [`open sessions${tried ? " of the trial" : ""} drain for ${duration(draining)} more`],
    ),
  ].join(", ");
}

function conduitRecordLines(
  { flows, full }: ConduitRecord,
  nameOf: (address: string) => string,
): readonly string[] {
  const undecided = flows.filter(({ decision }) => !decision).length;
  return [
    `recorded as not permitted: ${count(flows.length, "flow")}, ${undecided} not decided` +
      (full ? "; THE RECORD IS FULL, something may be missing" : ""),
    ...recordLines(flows.map((one) => ({ ...one, text: flowText(one.flow, nameOf) }))).map(
      (line) => `  ${line}`,
    ),
  ];
}
