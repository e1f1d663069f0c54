import type { AddressRange } from "../../net/address.ts";
import { covers } from "../../net/address.ts";
import type { Zone } from "../model.ts";
import type { Check } from "./check.ts";
import { permitsOf, sidesOf } from "./subjects.ts";

export const anyToAny: Check = {
  id: "any-to-any",
  severity: "error",
  about:
    "A permit lets every service pass from all of one zone to all of the other: the conduit would then separate nothing.",
  fix: "name the initiators, the responders and the services that the baseline shows",
  clause: "IEC 62443-3-3 SR 5.2 RE 1",
  *run({ site }) {
    for (const { conduit, permit, subject } of permitsOf(site)) {
      if (!permit.services.some(({ kind }) => kind === "any")) continue;
      const [from, to] = sidesOf(site, conduit, permit);
      if (!isWhole(from, permit.initiators) || !isWhole(to, permit.responders)) continue;
      const message = `permit "${permit.id}" lets everything pass from all of "${from.id}" to all of "${to.id}"`;
      yield { subject, span: permit.span, message };
    }
  },
};

const isWhole = (zone: Zone, ranges: readonly AddressRange[]): boolean =>
  zone.networks.every((network) => ranges.some((range) => covers(range, network)));
