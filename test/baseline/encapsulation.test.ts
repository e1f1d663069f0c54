import { describe, expect, test } from "vitest";
import { blocks, pcap } from "./support/captures.ts";
import { line, lines, observeBytes } from "./support/observe.ts";
import { be16, be32, bytes, ethernet, ipv4, ipv6, tcp, tcpFlags, udp } from "./support/packets.ts";

const poll = ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40_000, 502, tcpFlags.syn));
const poll6 = ipv6("fd00::1", "fd00::2", 6, tcp(40_000, 502, tcpFlags.syn));
const flow4 = "tcp 10.0.0.1 -> 10.0.0.2 502";
const flow6 = "tcp fd00::1 -> fd00::2 502";

const label = (bottom: 0 | 1): Uint8Array => bytes(0, 6, 0x40 | bottom, 64);
const pppoe = (...payload: readonly (number | Uint8Array)[]): Uint8Array =>
  bytes(0x11, 0, be16(5), be16(0), ...payload);
const cards = bytes(2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1);
const llc = bytes(0xaa, 0xaa, 3, 0, 0, 0, 8, 0);
const wireless = (control: number, flags: number, more: Uint8Array): Uint8Array =>
  bytes(control, flags, be16(0), cards, 2, 0, 0, 0, 0, 9, be16(0), more);
const preamble = bytes(...new Array<number>(7).fill(0x55), 0xd5);
/** @param header of ERSPAN, behind that of GRE. */
const mirror = (flags: number, protocol: number, header: Uint8Array, frame: Uint8Array): Uint8Array =>
  ethernet(0x0800, ipv4("192.0.2.1", "192.0.2.2", 47, bytes(be16(flags), be16(protocol), header, frame)));

describe("what stands between a link header and a packet is passed over:", () => {
  test.each<[string, number, Uint8Array, string]>([
    ["labels of MPLS", 1, ethernet(0x8847, bytes(label(0), label(1), poll)), flow4],
    ["a label in a VLAN", 1, ethernet(0x8847, bytes(label(1), poll6), [0x8100]), flow6],
    ["PPPoE", 1, ethernet(0x8864, pppoe(0, 0x21, poll)), flow4],
    ["PPPoE with a protocol of one byte", 1, ethernet(0x8864, pppoe(0x57, poll6)), flow6],
    ["the tag of an HSR ring", 1, ethernet(0x892f, bytes(be16(0x1030), be16(7), be16(0x0800), poll)), flow4],
    ["a redundancy tag (802.1CB)", 1, ethernet(0xf1c1, bytes(be16(0), be16(7), be16(0x0800), poll)), flow4],
    ["a tag of Cisco TrustSec", 1, ethernet(0x8909, bytes(1, 1, 0, 1, 0, 5, 0x86, 0xdd, poll6)), flow6],
    ["PPP with its framing", 9, bytes(0xff, 3, 0, 0x21, poll), flow4],
    ["PPP without", 9, bytes(0, 0x57, poll6), flow6],
    ["PPP in HDLC", 50, bytes(0xff, 3, 0, 0x21, poll), flow4],
    ["Cisco's HDLC where PPP was expected", 50, bytes(0x0f, 0, 8, 0, poll), flow4],
    ["Cisco's HDLC", 104, bytes(0x8f, 0, 0x86, 0xdd, poll6), flow6],
    ["PPPoE without Ethernet", 51, pppoe(0, 0x21, poll), flow4],
    ["pf's log", 117, bytes(61, 2, new Uint8Array(62), poll), flow4],
    ["pf's log with a rule's id", 117, bytes(69, 28, new Uint8Array(70), poll6), flow6],
    ["IPsec of the BSDs, before it is encrypted", 109, bytes(2, new Uint8Array(11), poll), flow4],
    ["netANALYZER", 240, bytes(0, 0, 0, 0, ethernet(0x0800, poll, [0x8100])), flow4],
    ["netANALYZER, transparent", 241, bytes(0, 0, 0, 0, preamble, ethernet(0x0800, poll)), flow4],
    ["a frame with its preamble (802.3br)", 274, bytes(preamble, ethernet(0x0800, poll)), flow4],
    ["802.11", 105, wireless(0x08, 1, bytes(llc, poll)), flow4],
    [
      "802.11 with priority, behind radiotap",
      127,
      bytes(0, 0, 8, 0, be32(0), wireless(0x88, 2, bytes(be16(0), llc, poll))),
      flow4,
    ],
    [
      "802.11 from access point to access point",
      105,
      wireless(0x08, 3, bytes(2, 0, 0, 0, 0, 7, llc, poll)),
      flow4,
    ],
  ])("%s", (_, linkType, data, expected) => {
    const { baseline } = observeBytes([pcap([{ data }], { linkType })]);
    expect(baseline.flows.map(line)).toEqual([expected]);
    expect(baseline.sources[0]!.accounting).toMatchObject({ read: 1, used: 1 });
  });

  test.each<[string, number, Uint8Array, string]>([
    ["Ethernet over MPLS", 1, ethernet(0x8847, bytes(label(1), be32(0), cards, 8, 0, poll)), "not IP: MPLS"],
    [
      "a message of PPP's own",
      1,
      ethernet(0x8864, pppoe(0xc0, 0x21, 9, 1, 0, 8)),
      "not IP: PPP (control, or compressed)",
    ],
    [
      "LLDP in an HSR ring",
      1,
      ethernet(0x892f, bytes(be16(0x1030), be16(7), be16(0x88cc), 2, 7)),
      "not IP: LLDP",
    ],
    ["a beacon", 105, wireless(0x80, 0, llc), "not IP: 802.11 management, control or a frame without data"],
    [
      "an encrypted frame",
      105,
      wireless(0x08, 0x41, bytes(llc, poll)),
      "802.11 frame that is encrypted: what it carries is not seen",
    ],
    [
      "a part of a preempted frame",
      274,
      bytes(preamble.subarray(0, 7), 0xe6, cards),
      "fragment of a preempted frame (802.3br)",
    ],
  ])("%s is ignored by its name", (_, linkType, data, reason) => {
    const { baseline } = observeBytes([pcap([{ data }], { linkType })]);
    expect(baseline.sources[0]!.accounting.ignored).toEqual({ [reason]: 1 });
  });

  test.each<[string, number, Uint8Array]>([
    ["labels without an end", 1, ethernet(0x8847, bytes(label(0), label(0)))],
    ["PPPoE", 1, ethernet(0x8864, bytes(0x11, 0, 0, 5, 0, 8, 0))],
    ["a tag of a ring", 1, ethernet(0x892f, bytes(0x10, 0x30, 0, 7, 8))],
    ["pf's log", 117, bytes(61, 2, new Uint8Array(40))],
    ["a preamble", 274, preamble.subarray(0, 7)],
    ["802.11", 105, wireless(0x88, 1, new Uint8Array(0))],
  ])("%s that was cut short, or ends there, is rejected", (_, linkType, data) => {
    const rejected = (wire: number) =>
      observeBytes([pcap([{ data, wire }], { linkType })]).baseline.sources[0]!.accounting.rejected;
    expect(rejected(1000)).toEqual({ "cut short in the link header": 1 });
    expect(rejected(data.length)).toEqual({ "ends inside the link header": 1 });
  });
});

describe("what a switch mirrors over a network (ERSPAN)", () => {
  const mirrored = ethernet(0x0800, poll, [0x8100]);
  test.each([
    ["type I", mirror(0, 0x88be, bytes(), mirrored)],
    ["type II", mirror(0x1000, 0x88be, bytes(be32(9), 0x10, 7, be16(3), be32(0)), mirrored)],
    ["type III", mirror(0x1000, 0x22eb, bytes(be32(9), 0x20, 7, new Uint8Array(10)), mirrored)],
    [
      "type III with a part of the platform",
      mirror(0x1000, 0x22eb, bytes(be32(9), 0x20, 7, new Uint8Array(9), 1, new Uint8Array(8)), mirrored),
    ],
    [
      "type II with a key",
      mirror(0x3000, 0x88be, bytes(be32(1), be32(9), 0x10, 7, be16(3), be32(0)), mirrored),
    ],
  ])("is read as it was at the switch: %s", (_, data) => {
    const { flows, links } = observeBytes([pcap([{ data }])]).baseline;
    expect(flows.map(line)).toEqual([flow4]);
    expect(links).toMatchObject([{ address: "10.0.0.1", mac: "02:00:00:00:00:01", vlan: [7] }]);
  });

  test("counts equal datagrams as often as they were sent: the number of the mirror is not theirs", () => {
    const send = ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", 17, udp(40_000, 161)));
    const frames = [1, 2].map((number) =>
      mirror(0x1000, 0x88be, bytes(be32(number), 0x10, 7, be16(3), be32(0)), send),
    );
    expect(observeBytes([pcap(frames.map((data) => ({ data })))]).baseline.flows).toMatchObject([
      { packets: 2 },
    ]);
  });

  test("other tunnels are flows, as a firewall on their way sees them", () => {
    const tunnel = mirror(0, 0x0800, bytes(), poll);
    expect(lines([pcap([{ data: tunnel }])])).toEqual(["gre 192.0.2.1 -> 192.0.2.2"]);
  });
});

describe("a link type that is not read", () => {
  const { section, interface: describes, enhanced } = blocks("little");

  test("is refused, with those that are", () => {
    expect(() => observeBytes([pcap([{ data: poll }], { linkType: 147 })])).toThrow(
      /its packets have link type 147, which is not read here: read are 0, 1, 9/,
    );
    const alone = Buffer.concat([section(), describes(147), enhanced(0, 1n, poll)]);
    expect(() => observeBytes([alone])).toThrow(/its packets have link type 147/);
  });

  test("at one of several interfaces leaves the others, counted and told", () => {
    const capture = Buffer.concat([
      section(),
      describes(189),
      describes(1),
      enhanced(0, 1n, new Uint8Array(64)),
      enhanced(1, 2n, ethernet(0x0800, poll)),
    ]);
    const { baseline, warnings } = observeBytes([capture]);
    expect(baseline.flows.map(line)).toEqual([flow4]);
    expect(baseline.sources[0]!.accounting.rejected).toEqual({ "link type 189, which is not read here": 1 });
    expect(warnings).toMatchObject([{ code: "baseline/unread-link", severity: "warning" }]);
  });
});
