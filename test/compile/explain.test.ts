import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { explain } from "../../src/compile/explain.ts";
import { PacketTextError, parsePacket } from "../../src/compile/packet-text.ts";
import { formatPacket } from "../../src/net/packet.ts";
import { anyPacket, policy, tcp } from "../support/policies.ts";

const { site } = policy(
  [{ from: ["10.0.1.2"], to: ["10.0.2.3"], services: [tcp(502)] }],
  [{ from: ["10.0.1.4"], to: ["10.0.2.3"], services: [tcp(502)] }],
);

describe("the text of a packet", () => {
  test.each([
    ["tcp 10.0.1.2 -> 10.0.2.3:502", "tcp 10.0.1.2:40000 -> 10.0.2.3:502"],
    ["tcp client -> plc:502", "tcp 10.0.1.2:40000 -> 10.0.2.3:502"],
    ["udp left.client:1234 -> right.plc:53", "udp 10.0.1.2:1234 -> 10.0.2.3:53"],
    ["udp fd00:1::1 -> [fd00:2::1]:53", "udp [fd00:1::1]:40000 -> [fd00:2::1]:53"],
    ["icmp echo-request client -> plc", "icmp type 8 code 0 10.0.1.2 -> 10.0.2.3"],
    ["icmp echo-request fd00:1::1 -> fd00:2::1", "icmpv6 type 128 code 0 fd00:1::1 -> fd00:2::1"],
    ["icmp 3 10.0.1.2 -> 10.0.2.3", "icmp type 3 code 0 10.0.1.2 -> 10.0.2.3"],
    ["gre 10.0.1.2->10.0.2.3", "gre 10.0.1.2 -> 10.0.2.3"],
    ["89 10.0.1.2 -> 10.0.2.3", "ospf 10.0.1.2 -> 10.0.2.3"],
    ["tcp plc:502 -> client (reply)", "tcp 10.0.2.3:502 -> 10.0.1.2:40000 (reply)"],
  ])("%s", (text, wanted) => {
    expect(formatPacket(parsePacket(text, site))).toBe(wanted);
  });

  test("is read back from its printed form, for any packet of its family's own ICMP", () => {
    const real = anyPacket.filter(({ family, protocol }) => protocol !== (family === 4 ? 58 : 1));
    fc.assert(
      fc.property(real, (packet) => {
        expect(parsePacket(formatPacket(packet), site)).toEqual(packet);
      }),
    );
  });

  test.each([
    ["", "is not a packet"],
    ["tcp 10.0.1.2", "is not a packet"],
    ["tcp 10.0.1.2 -> 10.0.2.3", "needs the port that was asked, as in 10.0.2.3:502"],
    ["tcp fd00:1::1 -> fd00:2::1", "as in [fd00:2::1]:502"],
    ["tcp 10.0.1.2 -> 10.0.2.3:65536", "is not an address or asset with or without a port"],
    ["tcp 10.0.1.256 -> 10.0.2.3:1", '"10.0.1.256" is not an IPv4 or IPv6 address'],
    ["tcp nobody -> plc:1", '"nobody" is neither an address nor an asset of Test plant'],
    ["tcp client -> fd00:2::1", "no addresses of one IP version"],
    ["icmp client -> plc", "needs its type"],
    ["gre client:1 -> plc", "has a port, and the protocol has none"],
    ["quic client -> plc:1", '"quic" is not a protocol'],
    ["tcp client -> plc:1 (lost)", '"lost" is not a state'],
    ["tcp syn client -> plc:1", '"syn" is not expected here'],
  ])("%s is refused: %s", (text, message) => {
    expect(() => parsePacket(text, site)).toThrow(PacketTextError);
    expect(() => parsePacket(text, site)).toThrow(message);
  });
});

describe("an explanation", () => {
  const ask = (text: string) => {
    const { conduit, permit, denial, monitor, enforce } = explain(site, parsePacket(text, site));
    return [conduit?.id, permit?.id ?? denial?.id, monitor.verdict, monitor.recorded, enforce.verdict];
  };

  test.each([
    ["tcp client -> plc:502", ["left-right", "permit-0", "accept", false, "accept"]],
    ["tcp plc:502 -> client (reply)", ["left-right", "permit-0", "accept", false, "accept"]],
    ["tcp plc:502 -> client:40000", ["left-right", undefined, "accept", true, "drop"]],
    ["tcp 10.0.1.4 -> plc:502", ["left-right", "denial-0", "accept", true, "drop"]],
    ["icmp 3 client -> plc (related)", ["left-right", undefined, "accept", false, "accept"]],
    ["tcp 10.0.1.2 -> 10.0.1.3:502", [undefined, undefined, "accept", false, "accept"]],
    ["tcp 192.168.0.1 -> plc:502", [undefined, undefined, "accept", false, "accept"]],
  ])("%s", (text, wanted) => {
    expect(ask(text)).toEqual(wanted);
  });
});
