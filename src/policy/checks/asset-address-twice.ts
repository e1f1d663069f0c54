import { formatRange, overlaps } from "../../net/address.ts";
import { compareRanges } from "../resolve/addresses.ts";
import type { Check } from "./check.ts";

export const assetAddressTwice: Check = {
  id: "asset-address-twice",
  severity: "warning",
  about:
    "Two assets have the same address: a permit for one is a permit for both, and reports name the wrong one.",
  fix: "correct the address, or make the two one asset",
  clause: "IEC 62443-3-3 SR 7.8",
  *run({ site }) {
    const addresses = site.zones
      .flatMap(({ assets }) => assets)
      .flatMap((asset) => asset.addresses.map((range) => ({ asset, range })))
      .toSorted((a, b) => compareRanges(a.range, b.range));
    let furthest = addresses[0];
    for (const next of addresses.slice(1)) {
      if (furthest !== undefined && overlaps(furthest.range, next.range) && furthest.asset !== next.asset) {
        const message = `assets "${furthest.asset.id}" and "${next.asset.id}" both have ${formatRange(next.range)}`;
        const related = [{ span: furthest.asset.span, message: "the other asset" }];
        yield { subject: `${next.asset.zone}.${next.asset.id}`, span: next.asset.span, message, related };
      }
      if (furthest?.range.family !== next.range.family || next.range.to > furthest.range.to) furthest = next;
    }
  },
};
