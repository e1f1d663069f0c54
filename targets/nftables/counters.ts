import type { Family } from "../../src/net/address.ts";
import { icmpProtocol, icmpRequestType } from "../../src/net/protocol.ts";
import type { CountersReading, PermitCounters } from "../../src/target.ts";
import { type Noted, sumRecord } from "../record-sum.ts";
import type { CountersListing } from "./counters-listing.ts";
import { type ListedObject, type ListedTable, seconds } from "./listing.ts";
import { type Generation, parseObjectName } from "./names.ts";
import { recordTimeout } from "./objects.ts";

/** Counters of a conduit's permits and its record. Absent sets count nothing. */
export function readCounters(
  { boot, before, own, after }: CountersListing,
  conduit: string,
  generation: Generation,
): CountersReading {
  const permits = new Map<string, PermitCounters>();
  const [recorded, admitted]: [Noted[], Noted[]] = [[], []];
  const recordHandles: string[] = [];
  let recordFull = false;
  for (const object of own?.objects ?? []) {
    const name = parseObjectName(object.name);
    if (object.kind !== "set" || name?.conduit !== conduit || name.generation !== generation) continue;
    const part = /^(reply|record|answer|opening|)(?:host)?(ports|icmp|protocols|addresses)([46])$/.exec(
      name.part,
    );
    if (!part) continue;
    const [, use, shape, version] = part as unknown as [string, string, string, string];
    const family = version === "4" ? 4 : 6;
    if (use === "" || use === "reply") {
      for (const element of object.elements) {
        count(permits, element, use === "reply");
        admitted.push(...noted(element, family, shape, use === "" ? "request" : "reply"));
      }
    } else {
      recordHandles.push(object.handle ?? "");
      recordFull ||= object.elements.length >= sizeOf(object);
      const aspect = use === "record" ? "request" : (use as "answer" | "opening");
      for (const element of object.elements) recorded.push(...noted(element, family, shape, aspect));
    }
  }
  const totals = [before, own, after].map((table) => stageRules(table, conduit, generation));
  return {
    permits: [...permits.values()],
    recorded: sumRecord(recorded),
    recordFull,
    admitted: sumRecord(admitted).map(({ openings: _, ...flow }) => flow),
    epoch: {
      record: [boot, own?.handle, ...recordHandles].join(" "),
      rules: [boot, own?.handle, ...totals[1]!.handles].join(" "),
    },
    ...(before && after && { unpermitted: { before: totals[0]!.packets, after: totals[2]!.packets } }),
  };
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

/**
 * `source . destination . protocol . port`, `… . icmp type` or `… . protocol`, in numbers (`nft -n`); none where the
 * element is of ranges. The replies to a permit stand under their own addresses, the answers of a record do not.
 */
function noted(
  element: string,
  family: Family,
  shape: string,
  use: Noted["aspect"] | "reply",
): readonly Noted[] {
  const key = /^\S+( \. \S+)*/.exec(element)?.[0].split(" . ") ?? [];
  if (key.length < 3 || key.some((part) => /[/-]/.test(part))) return [];
  const [first, second, third, fourth] = key as [string, string, string, string];
  const [source, destination] = use === "reply" ? [second, first] : [first, second];
  const type = Number(third);
  const service =
    shape === "icmp"
      ? {
          protocol: icmpProtocol(family),
          icmpType: use === "answer" || use === "reply" ? (icmpRequestType(family, type) ?? type) : type,
        }
      : { protocol: type, ...(shape === "ports" && { port: Number(fourth) }) };
  const left = / expires (\w+)/.exec(element)?.[1];
  return [
    {
      flow: { family, source, destination, ...service },
      packets: packetsOf(element),
      aspect: use === "reply" ? "answer" : use,
      ...(left !== undefined && { quietFor: Math.max(0, seconds(recordTimeout) - seconds(left)) }),
    },
  ];
}

/** The last rules of a conduit's two stages, which count what reached them: what no permit admitted. */
function stageRules(
  table: ListedTable | undefined,
  conduit: string,
  generation: Generation,
): { readonly packets: number; readonly handles: readonly string[] } {
  const rules = (table?.objects ?? []).flatMap((object) => {
    const name = parseObjectName(object.name);
    const isStage =
      name?.conduit === conduit && name.generation === generation && /^(monitor|enforce)$/.test(name.part);
    return isStage ? object.lines.filter((line) => line.startsWith("counter ")) : [];
  });
  return {
    packets: rules.reduce((sum, rule) => sum + packetsOf(rule), 0),
    handles: rules.map((rule) => / # handle (\d+)$/.exec(rule)?.[1] ?? ""),
  };
}
