import type { Check } from "./check.ts";

export const targetWithoutConsequence: Check = {
  id: "target-without-consequence",
  severity: "warning",
  about:
    "A zone asks for security level 3 or 4 without saying which consequence justifies it. A level without its reason is the first to be traded away.",
  fix: 'write under "consequence" what would happen',
  clause: "IEC 62443-3-2 ZCR 5.6",
  *run({ site }) {
    for (const zone of site.zones) {
      if (zone.slTarget < 3 || zone.consequence !== undefined) continue;
      const message = `zone "${zone.id}" has SL-T ${zone.slTarget} and no consequence`;
      yield { subject: zone.id, span: zone.span, message };
    }
  },
};
