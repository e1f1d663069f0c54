import fc from "fast-check";
import type { Box, ConduitRules, PermitRules } from "../../../src/compile/ir.ts";
import { type AddressRange, parseRange } from "../../../src/net/address.ts";
import type { Service } from "../../../src/net/service.ts";
import type { ConduitId, PermitId } from "../../../src/policy/model.ts";

const origin = { file: "site.yaml", line: 7, column: 3, length: 4 };

/** Small networks, so that ranges of different permits meet, touch and hold each other. */
const networks = {
  left: { 4: "10.20.1", 6: "fd00:20::" },
  right: { 4: "10.10.1", 6: "fd00:10::" },
} as const;

const range = (side: "left" | "right", family: 4 | 6): fc.Arbitrary<AddressRange> =>
  fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 20 })).map(([from, length]) => {
    const base = networks[side][family];
    const to = Math.min(from + length, 255);
    const text = (host: number): string => (family === 4 ? `${base}.${host}` : `${base}${host.toString(16)}`);
    return parseRange(`${text(from)}-${text(to)}`);
  });

const service = (family: 4 | 6): fc.Arbitrary<Service> =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom(6, 17), fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 0, max: 300 }))
      .map(([protocol, from, length]) => ({
        kind: "ports" as const,
        protocol,
        from,
        to: Math.min(from + length, 65_535),
      })),
    fc.constantFrom(0, 3, 8, 13, 128, 139, 254).map((type) => ({ kind: "icmp" as const, family, type })),
    fc.constantFrom(1, 6, 17, 47, 58, 89).map((protocol) => ({ kind: "protocol" as const, protocol })),
    fc.constant({ kind: "any" as const }),
  );

const box: fc.Arbitrary<Box> = fc
  .tuple(fc.constantFrom(4 as const, 6 as const), fc.boolean())
  .chain(([family, forward]) =>
    fc.record({
      source: range(forward ? "left" : "right", family),
      destination: range(forward ? "right" : "left", family),
      service: service(family),
    }),
  );

const permits: fc.Arbitrary<readonly PermitRules[]> = fc
  .array(fc.array(box, { minLength: 1, maxLength: 5 }), { maxLength: 5 })
  .map((all) =>
    all.map((boxes, index) => ({ permit: `p${index}` as PermitId, reason: "Needed.", origin, boxes })),
  );

/** A conduit between two dual-stack zones with overlapping permits of every kind of service, in both directions. */
export const anyConduit: fc.Arbitrary<ConduitRules> = fc.record({
  conduit: fc
    .constantFrom("c01", "dmz-cell1", "a-conduit-with-a-name-of-31-cha")
    .map((id) => id as ConduitId),
  zones: fc.constant(["dmz", "cell1"] as const),
  stage: fc.constantFrom("monitor" as const, "enforce" as const),
  pairs: fc.constant([
    { left: parseRange("10.20.1.0/24"), right: parseRange("10.10.1.0/24") },
    { left: parseRange("10.20.1.0/24"), right: parseRange("10.11.0.0-10.11.0.99") },
    { left: parseRange("fd00:20::/64"), right: parseRange("fd00:10::/64") },
  ]),
  permits,
});
