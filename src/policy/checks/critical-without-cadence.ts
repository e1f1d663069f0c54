import type { Check } from "./check.ts";
import { observedFlows } from "./observed.ts";
import { permitsOf } from "./subjects.ts";

export const criticalWithoutCadence: Check = {
  id: "critical-without-cadence",
  severity: "warning",
  about:
    "A critical permit has no flow with a cadence in its evidence, so that a trial cannot tell its silence from its loss.",
  fix: "name a baseline that covers its rhythm, or let the operator exercise it during the trial",
  clause: "IEC 62443-3-3 SR 6.2",
  *run(facts) {
    for (const { permit, subject } of permitsOf(facts.site)) {
      if (!permit.critical) continue;
      const flows = observedFlows(facts, permit);
      if (flows === undefined && permit.evidence !== undefined) continue;
      if (flows?.some(({ flow }) => flow.cadence !== undefined)) continue;
      yield { subject, span: permit.span, message: `critical permit "${permit.id}" has no known cadence` };
    }
  },
};
