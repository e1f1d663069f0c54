import type { Permit, Site } from "../model.ts";
import type { Check } from "./check.ts";
import { observedFlows } from "./observed.ts";
import { permitsOf } from "./subjects.ts";

const isExercised = (site: Site, permit: Permit): boolean =>
  site.conduits.some((conduit) =>
    conduit.exercises?.some(({ permits }) => permits.includes(permit.id) && conduit.permits.includes(permit)),
  );

export const criticalWithoutCadence: Check = {
  id: "critical-without-cadence",
  severity: "warning",
  about:
    "A critical permit has no flow with a cadence in its evidence, so that a trial cannot tell its silence from its loss.",
  fix: 'name a baseline that covers its rhythm, write its longest normal "silence", or an exercise step',
  clause: "IEC 62443-3-3 SR 6.2",
  *run(facts) {
    for (const { permit, subject } of permitsOf(facts.site)) {
      if (!permit.critical || permit.silence !== undefined || isExercised(facts.site, permit)) continue;
      const flows = observedFlows(facts, permit);
      if (flows === undefined && permit.evidence !== undefined) continue;
      if (flows?.some(({ flow }) => flow.cadence !== undefined)) continue;
      yield { subject, span: permit.span, message: `critical permit "${permit.id}" has no known cadence` };
    }
  },
};
