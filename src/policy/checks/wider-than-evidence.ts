import { type AddressRange, covers, formatRange } from "../../net/address.ts";
import { formatService, type Service } from "../../net/service.ts";
import type { Permit } from "../model.ts";
import type { Check } from "./check.ts";
import { carries, type LocatedFlow, observedFlows } from "./observed.ts";
import { permitsOf } from "./subjects.ts";

export const widerThanEvidence: Check = {
  id: "wider-than-evidence",
  severity: "warning",
  about: "A permit names initiators, responders or services that its own evidence has never seen.",
  fix: "narrow the permit to what was observed, or observe for longer",
  clause: "IEC 62443-3-3 SR 5.2 RE 1",
  *run(facts) {
    for (const { permit, subject } of permitsOf(facts.site)) {
      const flows = observedFlows(facts, permit);
      if (flows === undefined) continue;
      const extra = [
        ...permit.initiators.flatMap((range) => unseenOf("initiator", range, flows)),
        ...permit.responders.flatMap((range) => unseenOf("responder", range, flows)),
        ...permit.services.flatMap((service) => unseenService(permit, service, flows)),
        ...unseenPairs(permit, flows),
      ];
      if (extra.length === 0) continue;
      const shown = extra.slice(0, 5).join(", ") + (extra.length > 5 ? ` and ${extra.length - 5} more` : "");
      const message =
        flows.length === 0
          ? `nothing that permit "${permit.id}" admits is in its evidence`
          : `permit "${permit.id}" is wider than its evidence: never seen ${shown}`;
      yield { subject, span: permit.span, message };
    }
  },
};

/** A range of which nothing was seen, or less than all of its addresses. */
function unseenOf(
  end: "initiator" | "responder",
  range: AddressRange,
  flows: readonly LocatedFlow[],
): readonly string[] {
  const seen = new Set(flows.flatMap((flow) => (covers(range, flow[end]) ? flow[end].from : [])));
  const size = range.to - range.from + 1n;
  const text = `${end} ${formatRange(range)}`;
  if (seen.size === 0) return [text];
  return BigInt(seen.size) < size ? [`${size - BigInt(seen.size)} of the ${size} addresses of ${text}`] : [];
}

function unseenService(permit: Permit, service: Service, flows: readonly LocatedFlow[]): readonly string[] {
  if (!isSeen(service, flows))
    return permit.services.some((other) => isTwin(service, other) && isSeen(other, flows))
      ? []
      : [formatService(service)];
  if (service.kind === "any") return ["most of any service"];
  if (service.kind !== "ports" || service.from === service.to) return [];
  const ports = new Set(
    flows.flatMap(({ flow, initiator }) => (carries(service, flow, initiator) ? flow.port : [])),
  );
  const size = service.to - service.from + 1;
  return ports.size < size ? [`${size - ports.size} of the ${size} ports of ${formatService(service)}`] : [];
}

/** Permits of several initiators and responders admit each of these to each of those. */
function unseenPairs(permit: Permit, flows: readonly LocatedFlow[]): readonly string[] {
  const isOne = ({ from, to }: AddressRange): boolean => from === to;
  const pair = (from: AddressRange, to: AddressRange): string => `${formatRange(from)} -> ${formatRange(to)}`;
  const seen = new Set(flows.map(({ initiator, responder }) => pair(initiator, responder)));
  const known = (end: "initiator" | "responder"): readonly AddressRange[] => {
    const ends = new Set(flows.map((flow) => flow[end].from));
    return permit[`${end}s`].filter((range) => isOne(range) && ends.has(range.from));
  };
  const responders = known("responder");
  return known("initiator").flatMap((from) =>
    responders
      .filter((to) => from.family === to.family && !seen.has(pair(from, to)))
      .map((to) => pair(from, to)),
  );
}

const isSeen = (service: Service, flows: readonly LocatedFlow[]): boolean =>
  flows.some(({ flow, initiator }) => carries(service, flow, initiator));

/** Built-in services name their ports for TCP and for UDP, and a machine uses one of the two. */
const isTwin = (a: Service, b: Service): boolean =>
  a === b || (a.kind === "ports" && b.kind === "ports" && a.from === b.from && a.to === b.to);
