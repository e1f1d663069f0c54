import type { Diagram } from "./document.ts";

type Zone = Diagram["zones"][number];
type Conduit = Diagram["conduits"][number];

/** A point or the corner of a box, in units of the drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface PlacedZone extends Zone, Point {}
export interface PlacedConduit extends Conduit {
  readonly from: Point;
  readonly to: Point;
  /** Where the line enters and leaves each row of zones between its ends: no line runs behind a zone that is not its own. */
  readonly via: readonly Point[];
  /** The two ends lie in one row, so that the line must go around. */
  readonly around: boolean;
}
export interface PlacedLevel {
  readonly level: number;
  readonly y: number;
  readonly height: number;
}
export interface DiagramLayout {
  readonly width: number;
  readonly height: number;
  readonly levels: readonly PlacedLevel[];
  readonly zones: readonly PlacedZone[];
  readonly conduits: readonly PlacedConduit[];
}

export const box = { width: 150, height: 54 } as const;
const gutter = 130;
const perRow = 5;
const narrowestGap = 30;
const widestGap = 140;
const room = perRow * box.width + (perRow - 1) * narrowestGap;
const rowGap = 90;
const margin = 16;
/** Room between a zone and a line that passes it, and between two such lines. */
const clearance = 12;
/** Room below the last row for lines that go around. */
const foot = 48;

/** Purdue levels as rows, the highest on top; conduits as lines whose ends are spread along the edges of the boxes. */
export function layOut({ zones, conduits }: Pick<Diagram, "zones" | "conduits">): DiagramLayout {
  const width = gutter + room + margin;
  const levels: PlacedLevel[] = [];
  const placed: PlacedZone[] = [];
  let y = margin;
  for (const level of [...new Set(zones.map((zone) => zone.level))].sort((a, b) => b - a)) {
    const members = byNeighbours(
      zones.filter((zone) => zone.level === level),
      placed,
      conduits,
    );
    const rows = Math.ceil(members.length / perRow);
    levels.push({ level, y: y - margin / 2, height: rows * (box.height + rowGap) - rowGap + margin });
    for (const [index, zone] of members.entries()) {
      const inRow = Math.min(perRow, members.length - Math.floor(index / perRow) * perRow);
      const gap = Math.min(widestGap, (room - inRow * box.width) / Math.max(1, inRow - 1));
      const rowWidth = inRow * box.width + (inRow - 1) * gap;
      const left = gutter + (room - rowWidth) / 2;
      const x = left + (index % perRow) * (box.width + gap);
      placed.push({ ...zone, x, y: y + Math.floor(index / perRow) * (box.height + rowGap) });
    }
    y += rows * (box.height + rowGap);
  }
  const routed = route(placed, conduits);
  const below = routed.some(({ around }) => around) ? foot : margin;
  return { width, height: y - rowGap + below, levels, zones: placed, conduits: routed };
}

/** Zones of one level, each near the zones above that it is joined to, so that fewer lines cross. */
function byNeighbours(
  members: readonly Zone[],
  above: readonly PlacedZone[],
  conduits: readonly Conduit[],
): readonly Zone[] {
  const weight = (zone: Zone): number => {
    const xs = above
      .filter((other) => conduits.some(({ zones }) => zones.includes(zone.id) && zones.includes(other.id)))
      .map(({ x }) => x);
    return xs.length === 0 ? Number.POSITIVE_INFINITY : xs.reduce((sum, x) => sum + x, 0) / xs.length;
  };
  return members
    .map((zone) => ({ zone, weight: weight(zone) }))
    .sort((a, b) => (a.weight === b.weight ? 0 : a.weight - b.weight))
    .map(({ zone }) => zone);
}

function route(zones: readonly PlacedZone[], conduits: readonly Conduit[]): readonly PlacedConduit[] {
  const byId = new Map(zones.map((zone) => [zone.id, zone]));
  const joined = conduits.flatMap((conduit) => {
    const [one, other] = conduit.zones.map((id) => byId.get(id));
    if (!one || !other) return [];
    const [upper, lower] = one.y <= other.y ? [one, other] : [other, one];
    return { conduit, upper, lower, around: upper.y === lower.y };
  });
  /** Where on an edge of a zone the line to another zone starts: sorted by where they lead, evenly spread. */
  const port = (zone: PlacedZone, side: "top" | "bottom", conduit: Conduit): Point => {
    const here = joined
      .filter(({ upper, lower, around }) =>
        side === "top" ? lower === zone && !around : upper === zone || (around && lower === zone),
      )
      .map((line) => ({ ...line, far: line.upper === zone ? line.lower : line.upper }))
      .sort((a, b) => a.far.x - b.far.x);
    const index = here.findIndex((line) => line.conduit === conduit);
    return {
      x: zone.x + (box.width * (index + 1)) / (here.length + 1),
      y: side === "top" ? zone.y : zone.y + box.height,
    };
  };
  const passing = new Map<string, number>();
  return joined.map(({ conduit, upper, lower, around }) => {
    const [from, to] = [port(upper, "bottom", conduit), port(lower, around ? "bottom" : "top", conduit)];
    const rows = [...new Set(zones.map(({ y }) => y))].filter((y) => y > upper.y && y < lower.y);
    const via = rows.flatMap((y) => {
      const straight = from.x + ((to.x - from.x) * (y + box.height / 2 - from.y)) / (to.y - from.y);
      const lane = freeLane(
        zones.filter((zone) => zone.y === y),
        straight,
      );
      const others = passing.get(`${lane} ${y}`) ?? 0;
      passing.set(`${lane} ${y}`, others + 1);
      const x = lane + others * clearance;
      return [
        { x, y },
        { x, y: y + box.height },
      ];
    });
    return { ...conduit, around, from, to, via };
  });
}

/** The place nearest to `x` where a line passes between, or beside, the zones of a row. */
function freeLane(row: readonly PlacedZone[], x: number): number {
  if (row.every((zone) => x < zone.x - clearance || x > zone.x + box.width + clearance)) return x;
  const edges = row.map((zone) => zone.x).toSorted((a, b) => a - b);
  const lanes = [
    edges[0]! - 2 * clearance,
    ...edges.map((left, index) => {
      const right = left + box.width;
      const next = edges[index + 1];
      return next === undefined ? right + 2 * clearance : (right + next) / 2;
    }),
  ];
  return lanes.reduce((best, lane) => (Math.abs(lane - x) < Math.abs(best - x) ? lane : best));
}
