import type { AddressRange } from "../../net/address.ts";
import type { Service } from "../../net/service.ts";
import type { Box } from "../ir.ts";
import { alongAxis } from "./along-axis.ts";

/**
 * Merges boxes that overlap or touch on one axis and agree on the two others: ports, then networks. Single addresses
 * that only touch stay as they are: they are assets, which people look for in a ruleset by their address, and a set
 * matches them exactly.
 */
export const mergeNeighbours = (boxes: readonly Box[]): readonly Box[] =>
  alongAxis(
    alongAxis(alongAxis(boxes, "service", mergePorts), "destination", mergeNetworks),
    "source",
    mergeNetworks,
  );

function mergeNetworks(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const merged: AddressRange[] = [];
  for (const range of ranges.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = merged.at(-1);
    if (
      last &&
      (range.from <= last.to || (range.from === last.to + 1n && isNetwork(last) && isNetwork(range)))
    ) {
      merged[merged.length - 1] = { ...last, to: range.to > last.to ? range.to : last.to };
    } else merged.push(range);
  }
  return merged.length < ranges.length ? merged : ranges;
}

const isNetwork = ({ from, to }: AddressRange): boolean => from !== to;

type Ports = Extract<Service, { kind: "ports" }>;

function mergePorts(services: readonly Service[]): readonly Service[] {
  const ports = services
    .filter((service): service is Ports => service.kind === "ports")
    .sort((a, b) => a.protocol - b.protocol || a.from - b.from);
  const merged: Ports[] = [];
  for (const next of ports) {
    const last = merged.at(-1);
    if (last?.protocol === next.protocol && next.from <= last.to + 1) {
      merged[merged.length - 1] = { ...last, to: Math.max(last.to, next.to) };
    } else merged.push(next);
  }
  if (merged.length === ports.length) return services;
  return [...merged, ...services.filter((service) => service.kind !== "ports")];
}
