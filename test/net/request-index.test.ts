import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AddressRange, covers, type Family } from "../../src/net/address.ts";
import { rangeIndex } from "../../src/net/range-index.ts";
import { type Asked, requestIndex, serves } from "../../src/net/request-index.ts";
import type { Service } from "../../src/net/service.ts";

const family = fc.constantFrom<Family>(4, 6);
/** Few addresses, so that ranges meet, lie in each other and are equal; half of them are single. */
const address = fc.integer({ min: 0, max: 40 }).map(BigInt);
const range = fc
  .record({ family, from: address, more: fc.oneof(fc.constant(0n), address) })
  .map(({ family: of, from, more }): AddressRange => ({ family: of, from, to: from + more }));
const port = fc.integer({ min: 1, max: 5 });
const service = fc.oneof(
  fc.constant<Service>({ kind: "any" }),
  fc
    .record({ protocol: fc.constantFrom(6, 17), from: port, more: fc.nat(2) })
    .map(({ protocol, from, more }): Service => ({ kind: "ports", protocol, from, to: from + more })),
  fc.record({ kind: fc.constant("icmp" as const), family, type: fc.nat(2) }),
  fc.record({ kind: fc.constant("protocol" as const), protocol: fc.constantFrom(6, 47) }),
);
const asked: fc.Arbitrary<Asked> = fc.record({
  ...{ family, source: address, destination: address, protocol: fc.constantFrom(1, 6, 17, 47) },
  ...{ port: fc.option(port, { nil: undefined }), icmpType: fc.option(fc.nat(2), { nil: undefined }) },
});
const one = (of: Family, value: bigint): AddressRange => ({ family: of, from: value, to: value });

describe("what is looked up is what a search through all finds, in the same order", () => {
  test("of ranges that hold an address", () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 40 }), family, address, (ranges, of, value) => {
        const holding = ranges.flatMap((candidate, place) =>
          covers(candidate, one(of, value)) ? [place] : [],
        );
        expect(rangeIndex(ranges)(of, value).toSorted((x, y) => x - y)).toEqual(holding);
      }),
    );
  });

  test("of requests", () => {
    const requests = fc.array(fc.record({ source: range, destination: range, service }), { maxLength: 30 });
    fc.assert(
      fc.property(requests, asked, (all, wanted) => {
        const found = all.filter(
          (request) =>
            covers(request.source, one(wanted.family, wanted.source)) &&
            covers(request.destination, one(wanted.family, wanted.destination)) &&
            serves(request.service, wanted),
        );
        expect(requestIndex(all)(wanted)).toEqual(found);
      }),
      { numRuns: 500 },
    );
  });
});
