import type { BaselineFlow } from "../../baseline/flow.ts";
import { firstPlace } from "../../first-place.ts";
import { type AddressRange, createRangeReader, type Family } from "../../net/address.ts";

/** A flow with its ends as addresses, and its place among the flows of its baseline. */
export interface PlacedFlow {
  readonly flow: BaselineFlow;
  readonly place: number;
  readonly source: AddressRange;
  readonly destination: AddressRange;
}

/** The same flows in the order of each end. */
interface ByEnds {
  readonly source: readonly PlacedFlow[];
  readonly destination: readonly PlacedFlow[];
}

/** Each conduit, stage and firewall asks about the same baseline. */
const known = new WeakMap<readonly BaselineFlow[], ByEnds>();

/**
 * The answered, routable flows that go from one range of addresses to another, in no order. Of the stretches from the one and to
 * the other the shorter is read, so that a baseline of many conduits is not read as a whole for each of them.
 */
export function flowsBetween(
  flows: readonly BaselineFlow[],
  from: AddressRange,
  to: AddressRange,
): readonly PlacedFlow[] {
  const ends = known.get(flows) ?? byEnds(flows);
  known.set(flows, ends);
  const [sent, received] = [
    stretch(ends.source, "source", from),
    stretch(ends.destination, "destination", to),
  ];
  return sent.length < received.length
    ? ends.source
        .slice(sent.first, sent.first + sent.length)
        .filter(({ destination }) => lies(destination, to))
    : ends.destination
        .slice(received.first, received.first + received.length)
        .filter(({ source }) => lies(source, from));
}

function byEnds(flows: readonly BaselineFlow[]): ByEnds {
  const rangeOf = createRangeReader();
  const placed = flows.flatMap((flow, place) =>
    flow.answered && !flow.notRoutable
      ? { flow, place, source: rangeOf(flow.initiator), destination: rangeOf(flow.responder) }
      : [],
  );
  const by = (end: keyof ByEnds): readonly PlacedFlow[] =>
    placed.toSorted((x, y) => (isBefore(x[end], y[end]) ? -1 : isBefore(y[end], x[end]) ? 1 : 0));
  return { source: by("source"), destination: by("destination") };
}

function stretch(sorted: readonly PlacedFlow[], end: keyof ByEnds, { family, from, to }: AddressRange) {
  const placeOf = (address: { readonly family: Family; readonly from: bigint }): number =>
    firstPlace(sorted.length, (place) => !isBefore(sorted[place]![end], address));
  const first = placeOf({ family, from });
  return { first, length: placeOf({ family, from: to + 1n }) - first };
}

const isBefore = (
  x: Pick<AddressRange, "family" | "from">,
  y: Pick<AddressRange, "family" | "from">,
): boolean => x.family < y.family || (x.family === y.family && x.from < y.from);

const lies = (address: AddressRange, { family, from, to }: AddressRange): boolean =>
  address.family === family && from <= address.from && address.from <= to;
