import { describe, expect, test } from "vitest";
import { pcap } from "./support/captures.ts";
import { line, lines, observeBytes } from "./support/observe.ts";
import {
  authentication,
  be32,
  bytes,
  cooked,
  cooked2,
  ethernet,
  extension,
  fragment6,
  icmp,
  ipv4,
  ipv6,
  sctp,
  tcp,
  tcpFlags,
  udp,
} from "./support/packets.ts";

const poll = ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40_000, 502, tcpFlags.syn));
const poll6 = ipv6("fd00::1", "fd00::2", 6, tcp(40_000, 502, tcpFlags.syn));
const flow4 = "tcp 10.0.0.1 -> 10.0.0.2 502";
const flow6 = "tcp fd00::1 -> fd00::2 502";
const snap = bytes(0xaa, 0xaa, 3, 0, 0, 0, 8, 0);

const nflog = (payload: Uint8Array): Uint8Array =>
  // Attributes in little-endian order: a prefix of 5 bytes with padding, then the packet.
  bytes(2, 0, 0, 5, 9, 0, 10, 0, 0x68, 0x69, 0x6c, 0x6f, 0, 0, 0, 0, payload.length + 4, 0, 9, 0, payload);

describe("link layers", () => {
  test.each<[string, number, Uint8Array, string]>([
    ["Ethernet", 1, ethernet(0x0800, poll), flow4],
    ["Ethernet with IPv6", 1, ethernet(0x86dd, poll6), flow6],
    ["a VLAN tag", 1, ethernet(0x0800, poll, [0x8100]), flow4],
    ["a service and a customer tag (802.1ad)", 1, ethernet(0x0800, poll, [0x88a8, 0x8100]), flow4],
    ["QinQ before the standard, three tags", 1, ethernet(0x86dd, poll6, [0x9100, 0x8100, 0x8100]), flow6],
    ["LLC and SNAP", 1, ethernet(snap.length + poll.length, bytes(snap, poll)), flow4],
    ["Linux cooked", 113, cooked(0x0800, poll), flow4],
    ["Linux cooked with a VLAN tag", 113, cooked(0x8100, bytes(0, 7, 0x86, 0xdd, poll6)), flow6],
    ["Linux cooked, version 2", 276, cooked2(0x86dd, poll6), flow6],
    ["raw IP (BSD)", 12, poll, flow4],
    ["raw IP (OpenBSD)", 14, poll6, flow6],
    ["raw IP", 101, poll6, flow6],
    ["raw IPv4", 228, poll, flow4],
    ["raw IPv6", 229, poll6, flow6],
    ["loopback of a little-endian host", 0, bytes(2, 0, 0, 0, poll), flow4],
    ["loopback of a big-endian host, FreeBSD's IPv6", 0, bytes(0, 0, 0, 28, poll6), flow6],
    ["loopback in network order", 108, bytes(0, 0, 0, 24, poll6), flow6],
    ["NFLOG", 239, nflog(poll), flow4],
  ])("%s", (_, linkType, data, expected) => {
    expect(lines([pcap([{ data }], { linkType })])).toEqual([expected]);
  });

  test("NFLOG attributes are in the byte order of the host that captured", () => {
    const data = bytes(2, 0, 0, 5, 0, poll.length + 4, 0, 9, poll);
    expect(lines([pcap([{ data }], { linkType: 239, little: "big" })])).toEqual([flow4]);
  });

  test("what carries no IP is counted by its name", () => {
    const types = [0x0806, 0x88b8, 0x8892, 0x88cc, 0x1234, 0x0026];
    const { baseline } = observeBytes([pcap(types.map((type) => ({ data: ethernet(type, poll) })))]);
    expect(baseline.flows).toEqual([]);
    expect(baseline.sources[0]!.accounting).toEqual({
      unit: "packets",
      read: 6,
      used: 0,
      ignored: {
        "not IP: ARP": 1,
        "not IP: EtherType 0x1234": 1,
        "not IP: GOOSE (IEC 61850-8-1)": 1,
        "not IP: LLC (802.3)": 1,
        "not IP: LLDP": 1,
        "not IP: PROFINET RT": 1,
      },
      rejected: {},
    });
  });
});

describe("internet and transport layers", () => {
  const one = (packet: Uint8Array): readonly string[] => lines([pcap([{ data: packet }], { linkType: 101 })]);

  test.each<[string, Uint8Array, string]>([
    [
      "IPv4 options",
      ipv4("10.0.0.1", "10.0.0.2", 17, udp(40_000, 161), { options: 40 }),
      "udp 10.0.0.1 -> 10.0.0.2 161",
    ],
    ["SCTP", ipv4("10.0.0.1", "10.0.0.2", 132, sctp(40_000, 2905, 1)), "sctp 10.0.0.1 -> 10.0.0.2 2905"],
    [
      "a protocol without ports",
      ipv4("10.0.0.1", "10.0.0.2", 47, bytes(0, 0, 8, 0)),
      "gre 10.0.0.1 -> 10.0.0.2",
    ],
    ["an ICMP request", ipv4("10.0.0.1", "10.0.0.2", 1, icmp(8)), "icmp 10.0.0.1 -> 10.0.0.2 8"],
    ["an ICMP reply alone", ipv4("10.0.0.2", "10.0.0.1", 1, icmp(0)), "icmp 10.0.0.1 -> 10.0.0.2 8"],
    ["an ICMPv6 reply alone", ipv6("fd00::2", "fd00::1", 58, icmp(129)), "icmpv6 fd00::1 -> fd00::2 128"],
    [
      "AH in IPv4 is the protocol",
      ipv4("10.0.0.1", "10.0.0.2", 51, authentication(6, tcp(1, 2, 2))),
      "ah 10.0.0.1 -> 10.0.0.2",
    ],
  ])("%s", (_, packet, expected) => {
    expect(one(packet)).toEqual([expected]);
  });

  const segment = tcp(40_000, 502, tcpFlags.syn);
  test.each<[string, number, Uint8Array]>([
    ["hop-by-hop options", 0, extension(6, segment, 2)],
    ["a routing header", 43, extension(6, segment, 3)],
    ["destination options", 60, extension(6, segment)],
    ["an authentication header", 51, authentication(6, segment)],
    ["a mobility header with a payload", 135, extension(6, segment)],
    ["an atomic fragment", 44, fragment6(6, 0, 0, 9, segment)],
    ["a chain of them", 0, extension(43, extension(60, extension(51, authentication(6, segment))))],
  ])("IPv6 with %s", (_, next, payload) => {
    expect(one(ipv6("fd00::1", "fd00::2", next, payload))).toEqual([flow6]);
  });

  test("a mobility header that ends the chain is the protocol", () => {
    expect(one(ipv6("fd00::1", "fd00::2", 135, extension(59, bytes())))).toEqual(["135 fd00::1 -> fd00::2"]);
  });

  test("ICMP errors and neighbour discovery are no flows", () => {
    const packets = [
      ipv4("10.0.0.9", "10.0.0.1", 1, icmp(3)),
      ipv6("fd00::9", "fd00::1", 58, icmp(1)),
      ipv6("fd00::9", "fd00::1", 58, icmp(135)),
    ];
    const { baseline } = observeBytes([
      pcap(
        packets.map((data) => ({ data })),
        { linkType: 101 },
      ),
    ]);
    expect(baseline.flows).toEqual([]);
    expect(Object.values(baseline.sources[0]!.accounting.ignored)).toEqual([2, 1]);
  });

  test("later fragments count for the flow of the first, others are ignored with a reason", () => {
    const first = ipv4("10.0.0.1", "10.0.0.2", 17, udp(40_000, 9100, 24), { id: 77, fragment: 0x2000 });
    const later = ipv4("10.0.0.1", "10.0.0.2", 17, new Uint8Array(100), { id: 77, fragment: 4 });
    const stray = ipv4("10.0.0.1", "10.0.0.2", 17, new Uint8Array(100), { id: 78, fragment: 4 });
    const first6 = ipv6("fd00::1", "fd00::2", 44, fragment6(17, 0, 1, 5, udp(40_000, 9100, 24)));
    const later6 = ipv6("fd00::1", "fd00::2", 44, fragment6(17, 4, 0, 5, new Uint8Array(16)));
    const { baseline } = observeBytes([
      pcap(
        [first, later, stray, first6, later6].map((data) => ({ data })),
        { linkType: 101 },
      ),
    ]);
    expect(baseline.flows.map(({ packets, bytes: size, port }) => [packets, size, port])).toEqual([
      [2, first.length + later.length, 9100],
      [2, first6.length + later6.length, 9100],
    ]);
    expect(baseline.sources[0]!.accounting).toMatchObject({
      used: 4,
      ignored: { "fragment whose first part was not seen": 1 },
    });
  });

  describe("fragments that come before the first one, as some senders have it", () => {
    const first = ipv4("10.0.0.1", "10.0.0.2", 17, udp(40_000, 9100, 24), { id: 77, fragment: 0x2000 });
    const part = (id: number, fragment: number) =>
      ipv4("10.0.0.1", "10.0.0.2", 17, new Uint8Array(96), { id, fragment });
    const [middle, last] = [part(77, 0x2004), part(77, 16)];
    const seen = (packets: readonly (readonly [data: Uint8Array, seconds: number])[]) => {
      const recorded = packets.map(([data, seconds]) => ({ data, seconds: 1_700_000_000 + seconds }));
      const { flows, sources } = observeBytes([pcap(recorded, { linkType: 101 })]).baseline;
      return { flows, accounting: sources[0]!.accounting };
    };
    const inOrder = seen([first, middle, last].map((data) => [data, 0]));

    test.each([
      ["the last one", [last, first, middle]],
      ["all others, the last one first", [last, middle, first]],
    ])("%s", (_, packets) => {
      expect(seen(packets.map((data) => [data, 0]))).toEqual(inOrder);
      expect(inOrder.accounting).toMatchObject({ read: 3, used: 3, ignored: {} });
    });

    test("what waited for longer than a host waits is of another packet, and so is what other numbers have", () => {
      const { flows, accounting } = seen([
        [last, 0],
        [part(78, 16), 40],
        [first, 40],
      ]);
      expect(flows).toMatchObject([{ packets: 1, bytes: first.length }]);
      expect(accounting).toMatchObject({ used: 1, ignored: { "fragment whose first part was not seen": 2 } });
    });

    test("so many wait at most, the latest", () => {
      const strays = Array.from({ length: 5000 }, (_, index) => [part(index, 16), 0] as const);
      const firstOf = (id: number) =>
        ipv4("10.0.0.1", "10.0.0.2", 17, udp(40_000, 9100, 24), { id, fragment: 0x2000 });
      const { accounting } = seen([...strays, [firstOf(4999), 0], [firstOf(1), 0]]);
      expect(accounting).toMatchObject({ read: 5002, used: 3 });
    });
  });

  test("a snap length leaves the lengths and the ports, and a header that it cut is rejected", () => {
    const whole = ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40_000, 502, tcpFlags.ack, 1000));
    const cut = (length: number) => ({ data: whole.subarray(0, length), wire: whole.length });
    const { baseline } = observeBytes([pcap([cut(40), cut(24), cut(22), cut(12)], { linkType: 101 })]);
    expect(baseline.flows).toMatchObject([{ packets: 2, bytes: 2 * whole.length, port: 502 }]);
    expect(baseline.sources[0]!.accounting.rejected).toEqual({
      "cut short in the IP header": 1,
      "cut short in the transport header": 1,
    });
  });

  test("the padding of short Ethernet frames is not payload", () => {
    const ack = ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40_000, 502, tcpFlags.ack)));
    const { baseline } = observeBytes([pcap([{ data: bytes(ack, new Uint8Array(6)) }])]);
    expect(baseline.flows).toMatchObject([{ bytes: 40, answered: false }]);
  });

  test("a capture of which many packets cannot be read tells how many, and why", () => {
    const whole = { data: ethernet(0x0800, poll) };
    const cut = { data: whole.data.subarray(0, 36), wire: whole.data.length };
    const { baseline, warnings } = observeBytes([pcap([whole, cut])]);
    expect(baseline.flows.map(line)).toEqual([flow4]);
    expect(warnings).toMatchObject([
      {
        code: "baseline/cut-packets",
        severity: "warning",
        message: expect.stringContaining("transport header: 1"),
      },
    ]);
    expect(observeBytes([pcap([...new Array(1000).fill(whole), cut])]).warnings).toEqual([]);
  });

  test("a header that contradicts itself is rejected", () => {
    const version5 = bytes(0x55, poll.subarray(1));
    const shortHeader = bytes(0x44, poll.subarray(1));
    const { baseline } = observeBytes([
      pcap(
        [version5, shortHeader].map((data) => ({ data })),
        { linkType: 101 },
      ),
    ]);
    expect(baseline.sources[0]!.accounting.rejected).toEqual({ "malformed IP header": 2 });
  });

  test("a chain of IPv6 extension headers that leads out of the packet is rejected", () => {
    const endless = ipv6("fd00::1", "fd00::2", 0, bytes(0, 255, be32(0)));
    const { baseline } = observeBytes([pcap([{ data: endless }], { linkType: 101 })]);
    expect(baseline.sources[0]!.accounting.rejected).toEqual({ "ends inside the IP header": 1 });
  });

  test("an IPv4 address inside IPv6 is no host's, and would be none in the baseline's file", () => {
    const made = (from: string, to: string): Uint8Array => ipv6(from, to, 17, udp(40_000, 502));
    const { baseline } = observeBytes([
      pcap(
        [made("::ffff:a01:a", "fd00::2"), made("fd00::1", "::ffff:a01:a")].map((data) => ({ data })),
        { linkType: 101 },
      ),
    ]);
    expect(baseline.sources[0]!.accounting.ignored).toEqual({ "IPv4-mapped IPv6 address": 2 });
    expect(baseline.flows).toEqual([]);
  });
});
