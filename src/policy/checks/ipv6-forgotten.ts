import type { Family } from "../../net/address.ts";
import type { Zone } from "../model.ts";
import type { Check } from "./check.ts";
import { zonesOf } from "./subjects.ts";

export const ipv6Forgotten: Check = {
  id: "ipv6-forgotten",
  severity: "warning",
  about:
    "A conduit joins a zone that has networks of one IP version with a zone that has none of that version. Packets of that version between the two belong to no conduit and are not filtered.",
  fix: "write the other zone's networks of that version, also where nothing uses them today",
  clause: "IEC 62443-3-3 SR 5.1",
  *run({ site }) {
    for (const conduit of site.conduits) {
      const [a, b] = zonesOf(site, conduit);
      for (const [having, lacking] of [
        [a, b],
        [b, a],
      ] as const) {
        for (const family of [4, 6] as const) {
          if (!has(having, family) || has(lacking, family)) continue;
          const message = `IPv${family} between "${having.id}" and "${lacking.id}" is not filtered: "${lacking.id}" has no IPv${family} network`;
          const related = [{ span: lacking.span, message: `no IPv${family} network here` }];
          yield { subject: conduit.id, span: conduit.span, message, related };
        }
      }
    }
  },
};

const has = (zone: Zone, family: Family): boolean =>
  zone.networks.some((network) => network.family === family);
