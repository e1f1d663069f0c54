import { formatService } from "../../net/service.ts";
import type { Check } from "./check.ts";
import { permitsOf } from "./subjects.ts";

/** More ports than any one service that the field knows listens on. */
const widest = 256;

export const widePortRange: Check = {
  id: "wide-port-range",
  severity: "warning",
  about: `A permit opens more than ${widest} ports at once. Such ranges are written for services with dynamic ports, and admit every other service as well.`,
  fix: "fix the ports in the service's own settings, and permit those",
  clause: "IEC 62443-3-3 SR 7.7",
  *run({ site }) {
    for (const { permit, subject } of permitsOf(site)) {
      for (const service of permit.services) {
        if (service.kind !== "ports" || service.to - service.from < widest) continue;
        const count = service.to - service.from + 1;
        const message = `permit "${permit.id}" opens ${count} ports (${formatService(service)})`;
        yield { subject, span: permit.span, message };
      }
    }
  },
};
