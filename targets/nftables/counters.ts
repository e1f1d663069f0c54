import type { ConduitCounters, PermitCounters, RecordedFlow } from "../../src/target.ts";
import type { ListedObject, ListedTable } from "./listing.ts";
import { type Generation, parseObjectName } from "./names.ts";

/** Counters of a conduit's permits and its record, from a listing of its sets. Absent sets count nothing. */
export function readCounters(
  own: ListedTable | undefined,
  conduit: string,
  generation: Generation,
): ConduitCounters {
  const permits = new Map<string, PermitCounters>();
  const recorded: RecordedFlow[] = [];
  let recordFull = false;
  for (const object of own?.objects ?? []) {
    const name = parseObjectName(object.name);
    if (object.kind !== "set" || name?.conduit !== conduit || name.generation !== generation) continue;
    const part = /^(reply|record|)(ports|icmp|protocols|addresses)([46])$/.exec(name.part);
    if (!part) continue;
    const family = part[3] === "4" ? 4 : 6;
    if (part[1] === "record") {
      recorded.push(...object.elements.map((element) => recordedFlow(element, family, part[2]!)));
      recordFull ||= object.elements.length >= sizeOf(object);
    } else {
      for (const element of object.elements) count(permits, element, part[1] === "reply");
    }
  }
  return { permits: [...permits.values()], recorded, recordFull };
}

function count(permits: Map<string, PermitCounters>, element: string, isReply: boolean): void {
  const permit = /comment "([^"]*)"/.exec(element)?.[1];
  if (permit === undefined) return;
  const sum = permits.get(permit) ?? { permit, requests: 0, replies: 0 };
  const packets = packetsOf(element);
  permits.set(permit, {
    permit,
    requests: sum.requests + (isReply ? 0 : packets),
    replies: sum.replies + (isReply ? packets : 0),
  });
}

const packetsOf = (element: string): number => Number(/counter packets (\d+)/.exec(element)?.[1] ?? 0);

const sizeOf = (object: ListedObject): number =>
  Number(object.lines.map((line) => /^size (\d+)/.exec(line)?.[1]).find(Boolean) ?? Number.POSITIVE_INFINITY);

/** `source . destination . protocol . port`, `… . icmp type` or `… . protocol`, in numbers (`nft -n`). */
function recordedFlow(element: string, family: 4 | 6, shape: string): RecordedFlow {
  const [source = "", destination = "", third, fourth] =
    /^\S+( \. \S+)*/.exec(element)?.[0].split(" . ") ?? [];
  const flow = { family, source, destination, packets: packetsOf(element) } as const;
  switch (shape) {
    case "icmp":
      return { ...flow, protocol: family === 4 ? 1 : 58, icmpType: Number(third) };
    case "ports":
      return { ...flow, protocol: Number(third), port: Number(fourth) };
    default:
      return { ...flow, protocol: Number(third) };
  }
}
