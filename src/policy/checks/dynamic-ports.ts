import { knownServices } from "../../net/known-services.ts";
import type { Check } from "./check.ts";
import { permitsOf } from "./subjects.ts";

const dynamic = new Map(
  knownServices.flatMap(({ name, dynamicPorts }) =>
    dynamicPorts === undefined ? [] : [[name, dynamicPorts]],
  ),
);

export const dynamicPorts: Check = {
  id: "dynamic-ports",
  severity: "warning",
  about:
    "A permit names a service whose conversations go on over ports that are agreed on at run time. Enforcement drops those.",
  fix: "fix the ports in the service's own settings and permit them too, or carry the service through a gateway",
  clause: "IEC 62443-3-3 SR 5.2",
  *run({ site }) {
    for (const { permit, subject } of permitsOf(site)) {
      for (const name of permit.written?.services ?? []) {
        const how = dynamic.get(name);
        if (how === undefined) continue;
        yield { subject, span: permit.span, message: `permit "${permit.id}" names ${name}: ${how}` };
      }
    }
  },
};
