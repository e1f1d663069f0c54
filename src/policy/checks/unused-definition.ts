import type { Check } from "./check.ts";

export const unusedDefinition: Check = {
  id: "unused-definition",
  severity: "warning",
  about:
    "A service or a group is defined and nothing names it: either it is left over, or a permit is missing.",
  fix: "remove it, or write the permit that it was meant for",
  clause: "IEC 62443-3-3 SR 7.7",
  *run({ site }) {
    const used = site.definitions?.references ?? new Set();
    for (const { name, span } of [
      ...(site.definitions?.services ?? []),
      ...(site.definitions?.groups ?? []),
    ]) {
      if (used.has(name)) continue;
      yield { subject: name, span, message: `nothing uses "${name}"` };
    }
  },
};
