import type { Check } from "./check.ts";
import { permitsOf } from "./subjects.ts";

export const serviceAny: Check = {
  id: "service-any",
  severity: "warning",
  about: "A permit lets every service pass. What a plant's machines say to each other can be named.",
  fix: "name the services that the baseline shows",
  clause: "IEC 62443-3-3 SR 7.7",
  *run({ site }) {
    for (const { permit, subject } of permitsOf(site)) {
      if (!permit.services.some(({ kind }) => kind === "any")) continue;
      yield { subject, span: permit.span, message: `permit "${permit.id}" lets every service pass` };
    }
  },
};
