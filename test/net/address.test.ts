import fc from "fast-check";
import { Address6 } from "ip-address";
import { expect, test } from "vitest";
import { AddressError, formatAddress, parseAddress } from "../../src/net/address.ts";

/** Mostly zeros, so that runs of them of every length and place occur. */
const ipv6 = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff })), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) => groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n));

test("an IPv6 address has the text that ip-address gives it, and is read back from it", () => {
  fc.assert(
    fc.property(ipv6, (value) => {
      const text = formatAddress(6, value);
      expect(text).toBe(Address6.fromBigInt(value).correctForm());
      // An IPv4-mapped address is refused, whatever its text.
      if (value >> 32n !== 0xffffn) expect(parseAddress(text)).toEqual({ family: 6, from: value, to: value });
    }),
    { numRuns: 2_000 },
  );
});

test.each(["fd00::g", "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9", ":", "::ffff:10.0.0.1", "fe80::1%eth0"])(
  "%s is refused as an address",
  (text) => expect(() => parseAddress(text)).toThrow(AddressError),
);
