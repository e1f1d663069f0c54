import fc from "fast-check";
import { expect, test } from "vitest";
import type { AddressRange } from "../../src/net/address.ts";
import type { Service } from "../../src/net/service.ts";
import { boxesMeet, type FlowBox, subtractBox } from "../../src/policy/checks/boxes.ts";

const small = fc.integer({ min: 0, max: 5 });
const stretch = fc.tuple(small, small).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const range: fc.Arbitrary<AddressRange> = stretch.map(([from, to]) => ({
  family: 4,
  from: BigInt(from),
  to: BigInt(to),
}));
const service: fc.Arbitrary<Service> = fc.oneof(
  stretch.map(([from, to]): Service => ({ kind: "ports", protocol: 6, from, to })),
  fc.constant<Service>({ kind: "protocol", protocol: 47 }),
  fc.constant<Service>({ kind: "any" }),
);
const box: fc.Arbitrary<FlowBox> = fc.record({ from: range, to: range, service });

/** Every request that a box of this small world may hold, as a box of one. */
const points: readonly FlowBox[] = [0, 1, 2, 3, 4, 5].flatMap((from) =>
  [0, 1, 2, 3, 4, 5].flatMap((to) =>
    [
      ...[0, 1, 2, 3, 4, 5].map((port): Service => ({ kind: "ports", protocol: 6, from: port, to: port })),
      { kind: "protocol", protocol: 47 } as const,
    ].map((one) => ({
      from: { family: 4 as const, from: BigInt(from), to: BigInt(from) },
      to: { family: 4 as const, from: BigInt(to), to: BigInt(to) },
      service: one,
    })),
  ),
);

test("what is left after cutting a box out of another holds what the first held and the second did not", () => {
  fc.assert(
    fc.property(box, box, (whole, hole) => {
      // A service cannot be cut out of "any": the whole stays, which errs on the safe side.
      fc.pre(whole.service.kind !== "any" || hole.service.kind === "any");
      const rest = subtractBox(whole, hole);
      for (const point of points) {
        const expected = boxesMeet(point, whole) && !boxesMeet(point, hole);
        expect(rest.some((part) => boxesMeet(point, part))).toBe(expected);
      }
    }),
  );
});

test("the parts that are left do not meet each other", () => {
  fc.assert(
    fc.property(box, box, (whole, hole) => {
      const rest = subtractBox(whole, hole);
      for (const [index, part] of rest.entries()) {
        expect(rest.slice(index + 1).some((other) => boxesMeet(part, other))).toBe(false);
      }
    }),
  );
});
