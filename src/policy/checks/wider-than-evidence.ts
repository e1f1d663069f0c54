import { type AddressRange, covers, formatRange } from "../../net/address.ts";
import { formatService, type Service } from "../../net/service.ts";
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
      const unseen = (ranges: readonly AddressRange[], end: "initiator" | "responder"): readonly string[] =>
        ranges.filter((range) => !flows.some((flow) => covers(range, flow[end]))).map(formatRange);
      const extra = [
        ...unseen(permit.initiators, "initiator").map((range) => `initiator ${range}`),
        ...unseen(permit.responders, "responder").map((range) => `responder ${range}`),
        ...permit.services
          .filter(
            (service) => !permit.services.some((other) => isTwin(service, other) && isSeen(other, flows)),
          )
          .map(formatService),
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

const isSeen = (service: Service, flows: readonly LocatedFlow[]): boolean =>
  flows.some(({ flow, initiator }) => carries(service, flow, initiator));

/** Built-in services name their ports for TCP and for UDP, and a machine uses one of the two. */
const isTwin = (a: Service, b: Service): boolean =>
  a === b || (a.kind === "ports" && b.kind === "ports" && a.from === b.from && a.to === b.to);
