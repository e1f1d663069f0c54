import type { Cube } from "../compile/program.ts";
import { type Reading, withoutInterfaces } from "../compile/reading.ts";
import type { ConnectionState } from "../net/packet.ts";
import type { Firewall, Site, Zone } from "../policy/model.ts";
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

/** An answer, and whether interfaces took more than the budget, so that all that asks for one was left uncertain. */
export interface Told<T> {
  readonly told: T;
  readonly blind: boolean;
}

/**
 * A site, and which of its firewalls the rulesets are from: that one's interfaces say by which of them a packet from
 * one zone to another comes and leaves. What is not said may be any.
 */
export interface Place {
  readonly site: Site;
  readonly firewall?: Firewall;
}

/** Undefined when it takes more than the budget. Without a site there are no zones. */
export const meaningOf = (
  read: Reading,
  place: Place | undefined,
  budget: () => Budget,
): Told<Meaning> | undefined =>
  withInterfacesOrNot([read], ([reading = read]) => {
    const [families, zones] = [familyRegions(["original"]), zoneRegions(place, ["original"])];
    const asked = [...families, ...zones].flatMap(({ cubes }) => cubes);
    const readings = createReadings([reading], asked, namedAddresses(place?.site.zones ?? []), budget());
    const answer = ({ from, to, cubes }: Region): RegionAnswers => ({
      from,
      to,
      answers: readings.answers(reading, cubes),
    });
    return { families: families.map(answer), zones: zones.map(answer) };
  });

const withInterfacesOrNot = <T>(
  readings: readonly Reading[],
  question: (readings: readonly Reading[]) => T,
): Told<T> | undefined =>
  withinBudget(() => ({ told: question(readings), blind: false })) ??
  withinBudget(() => ({ told: question(readings.map(withoutInterfaces)), blind: true }));

/** What changes for requests, replies and related packets, between zones or, without a site, for each family. */
export function changesBetween(
  was: Reading,
  is: Reading,
  place: Place | undefined,
  budget: () => Budget,
): Told<readonly RegionDifference[]> | undefined {
  const states = ["original", "reply", "related"] as const;
  const regions = place ? zoneRegions(place, states) : familyRegions(states);
  const asked = regions.flatMap(({ cubes }) => cubes);
  return withInterfacesOrNot([was, is], ([before = was, after = is]) => {
    const readings = createReadings(
      [before, after],
      asked,
      namedAddresses(place?.site.zones ?? []),
      budget(),
    );
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

const zoneRegions = (place: Place | undefined, states: readonly ConnectionState[]): readonly Region[] =>
  (place?.site.zones ?? []).flatMap((from) =>
    place!.site.zones
      .filter((to) => to !== from)
      .map((to) => {
        const way = { ...behind(place!, "ingress", from), ...behind(place!, "egress", to) };
        return {
          from: from.id,
          to: to.id,
          cubes: between(from, to, states).map((cube) => ({ ...cube, ...way })),
        };
      }),
  );

function behind({ firewall }: Place, end: "ingress" | "egress", zone: Zone): Cube {
  const names = firewall?.interfaces?.get(zone.id);
  return names && names.length > 0 ? { [end]: [{ names }] } : {};
}

const between = (from: Zone, to: Zone, states: readonly ConnectionState[]): readonly Cube[] =>
  from.networks.flatMap((source) =>
    to.networks
      .filter(({ family }) => family === source.family)
      .map((destination): Cube => ({ family: source.family, states, source, destination })),
  );
