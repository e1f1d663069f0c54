import type { Cube } from "../compile/program.ts";
import type { Reading } from "../compile/reading.ts";
import type { ConnectionState } from "../net/packet.ts";
import type { Site, Zone } from "../policy/model.ts";
import { namedAddresses } from "./claims/observed.ts";
import type { Budget } from "./diagram/diagram.ts";
import { type Answers, createReadings, type Difference, withinBudget } from "./readings.ts";

/** Packets that are asked about together: those from one zone to another, or all of one family. */
interface Region {
  readonly from: string;
  readonly to: string;
  readonly cubes: readonly Cube[];
}

export interface RegionAnswers {
  readonly from: string;
  readonly to: string;
  readonly answers: Answers;
}

export interface RegionDifference {
  readonly from: string;
  readonly to: string;
  readonly change: "equal" | "narrowed" | "broadened" | "both" | "unknown";
  readonly difference: Difference;
}

/** What a ruleset means: for requests of each family as a whole, and from each zone to each other. */
export interface Meaning {
  readonly families: readonly RegionAnswers[];
  readonly zones: readonly RegionAnswers[];
}

/** Undefined when it takes more than the budget. Without a site there are no zones. */
export function meaningOf(reading: Reading, site: Site | undefined, budget: Budget): Meaning | undefined {
  const [families, zones] = [familyRegions(["original"]), zoneRegions(site, ["original"])];
  const asked = [...families, ...zones].flatMap(({ cubes }) => cubes);
  return withinBudget(() => {
    const readings = createReadings([reading], asked, namedAddresses(site?.zones ?? []), budget);
    const answer = ({ from, to, cubes }: Region): RegionAnswers => ({
      from,
      to,
      answers: readings.answers(reading, cubes),
    });
    return { families: families.map(answer), zones: zones.map(answer) };
  });
}

/** What changes for requests, replies and related packets, between zones or, without a site, for each family. */
export function changesBetween(
  before: Reading,
  after: Reading,
  site: Site | undefined,
  budget: Budget,
): readonly RegionDifference[] | undefined {
  const states = ["original", "reply", "related"] as const;
  const regions = site ? zoneRegions(site, states) : familyRegions(states);
  const asked = regions.flatMap(({ cubes }) => cubes);
  return withinBudget(() => {
    const readings = createReadings([before, after], asked, namedAddresses(site?.zones ?? []), budget);
    return regions.map(({ from, to, cubes }) => {
      const difference = readings.difference(before, after, cubes);
      return { from, to, change: changeOf(difference), difference };
    });
  });
}

function changeOf({ lost, gained, unknown }: Difference): RegionDifference["change"] {
  if (lost && gained) return "both";
  // Where a part is unknown, it may go the other way too.
  if (unknown) return "unknown";
  if (lost) return "narrowed";
  return gained ? "broadened" : "equal";
}

const familyRegions = (states: readonly ConnectionState[]): readonly Region[] =>
  ([4, 6] as const).map((family) => ({ from: `IPv${family}`, to: "any", cubes: [{ family, states }] }));

const zoneRegions = (site: Site | undefined, states: readonly ConnectionState[]): readonly Region[] =>
  (site?.zones ?? []).flatMap((from) =>
    site!.zones
      .filter((to) => to !== from)
      .map((to) => ({ from: from.id, to: to.id, cubes: between(from, to, states) })),
  );

const between = (from: Zone, to: Zone, states: readonly ConnectionState[]): readonly Cube[] =>
  from.networks.flatMap((source) =>
    to.networks
      .filter(({ family }) => family === source.family)
      .map((destination): Cube => ({ family: source.family, states, source, destination })),
  );
