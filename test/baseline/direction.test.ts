import { describe, expect, test } from "vitest";
import { pcap } from "./support/captures.ts";
import { line, observeBytes } from "./support/observe.ts";
import { broadcastEthernet, icmp, ipv4, sctp, tcp, tcpFlags, udp } from "./support/packets.ts";

/** Packets of a story, a second apart unless a time is given. */
const observe = (...packets: readonly (Uint8Array | readonly [number, Uint8Array])[]) =>
  observeBytes([
    pcap(
      packets.map((packet, index) =>
        packet instanceof Uint8Array
          ? { data: packet, seconds: 1000 + index }
          : { data: packet[1], seconds: 1000 + packet[0] },
      ),
      { linkType: 101 },
    ),
  ]).baseline.flows;

const [a, b, c, d] = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"] as const;
const tcpFrom = (from: string, to: string, ports: readonly [number, number], flags: number, payload = 0) =>
  ipv4(from, to, 6, tcp(...ports, flags, payload));
const udpFrom = (from: string, to: string, ports: readonly [number, number]) =>
  ipv4(from, to, 17, udp(...ports));

describe("who initiated is decided by the strongest evidence", () => {
  test("a SYN decides, against every port", () => {
    expect(observe(tcpFrom(a, b, [502, 50_000], tcpFlags.syn))).toMatchObject([
      { initiator: a, responder: b, port: 50_000, evidence: "syn", confidence: 1 },
    ]);
  });

  test("a SYN ACK tells the responder, although the SYN was not captured", () => {
    expect(observe(tcpFrom(b, a, [9100, 9200], tcpFlags.synAck))).toMatchObject([
      { initiator: a, port: 9100, evidence: "syn", answered: true },
    ]);
  });

  test("the opening decides although packets before it came late into the recording", () => {
    const exchange = [
      tcpFrom(a, b, [9200, 9100], tcpFlags.syn),
      tcpFrom(b, a, [9100, 9200], tcpFlags.synAck),
      tcpFrom(a, b, [9200, 9100], tcpFlags.ack, 8),
    ] as const;
    const [x, y, z] = exchange;
    for (const order of [
      [x, y, z],
      [y, x, z],
      [z, y, x],
      [y, z, x],
    ] as const) {
      expect(observe(...order.map((packet) => [0, packet] as const))).toMatchObject([
        { initiator: a, responder: b, port: 9100, evidence: "syn", connections: 1, packets: 3 },
      ]);
    }
  });

  test("an SCTP INIT opens like a SYN", () => {
    expect(observe(ipv4(a, b, 132, sctp(2905, 36_412, 1)))).toMatchObject([
      { initiator: a, evidence: "syn" },
    ]);
  });

  test("an ICMP exchange has the direction of its request, whichever is seen first", () => {
    expect(observe(ipv4(b, a, 1, icmp(0)), ipv4(a, b, 1, icmp(8)))).toMatchObject([
      { initiator: a, responder: b, icmpType: 8, evidence: "icmp", answered: true, packets: 2 },
    ]);
  });

  test("a group never asks, whatever port it is on", () => {
    expect(observe(udpFrom(a, "239.1.2.3", [123, 40_000]))).toMatchObject([
      { initiator: a, responder: "239.1.2.3", evidence: "group", notRoutable: "multicast" },
    ]);
  });

  test("in the middle of a session, the port of a known service decides", () => {
    expect(observe(tcpFrom(b, a, [502, 1050], tcpFlags.ack, 12))).toMatchObject([
      { initiator: a, responder: b, port: 502, evidence: "known-port", confidence: 0.9 },
    ]);
  });

  test("a known service in the range of temporary ports is less sure", () => {
    expect(observe(tcpFrom(b, a, [44_818, 1050], tcpFlags.ack))).toMatchObject([
      { port: 44_818, evidence: "known-port", confidence: 0.75 },
    ]);
  });

  test("the port that several peers share is the responder's", () => {
    const flows = observe(
      ...[a, b, c].map((peer, index) => tcpFrom(d, peer, [9100, 9200 + index], tcpFlags.ack, 1)),
    );
    expect(flows.map(line)).toEqual([a, b, c].map((peer) => `tcp ${peer} -> ${d} 9100`));
    expect(flows[0]).toMatchObject({ evidence: "shared-port", confidence: 0.8 });
  });

  test("an end that was once seen to accept a connection listens there", () => {
    const flows = observe(
      tcpFrom(a, b, [9200, 9100], tcpFlags.syn),
      tcpFrom(b, c, [9100, 9300], tcpFlags.ack, 1),
    );
    expect(flows.map(line)).toEqual([`tcp ${a} -> ${b} 9100`, `tcp ${c} -> ${b} 9100`]);
    expect(flows[1]).toMatchObject({ evidence: "shared-port", confidence: 0.85 });
  });

  test("without more, the end on a temporary port asked", () => {
    expect(observe(tcpFrom(b, a, [9100, 51_000], tcpFlags.ack, 1))).toMatchObject([
      { initiator: a, port: 9100, evidence: "ephemeral", confidence: 0.6 },
    ]);
  });

  test("between equal ports only the first sender is known: a question to a human", () => {
    expect(observe(udpFrom(a, b, [9100, 9100]), udpFrom(b, a, [9100, 9100]))).toMatchObject([
      { initiator: a, evidence: "guess", confidence: 0.4 },
    ]);
  });

  test("the same end that asks again after each silence is likely the initiator", () => {
    const polls = [0, 100, 200].flatMap((time) => [
      [time, udpFrom(a, b, [9100, 9100])] as const,
      [time + 1, udpFrom(b, a, [9100, 9100])] as const,
    ]);
    expect(observe(...polls)).toMatchObject([{ initiator: a, connections: 3, confidence: 0.6 }]);
  });

  test("ends with equal ports that both begin after a silence are two flows", () => {
    const flows = observe([0, udpFrom(a, b, [9100, 9100])], [100, udpFrom(b, a, [9100, 9100])]);
    expect(flows.map(line)).toEqual([`udp ${a} -> ${b} 9100`, `udp ${b} -> ${a} 9100`]);
  });
});

describe("connections and answers", () => {
  const [syn, synAck, rst] = [tcpFlags.syn, tcpFlags.synAck, tcpFlags.rst];
  test("a TCP attempt that nobody answered, or that was refused, is flagged", () => {
    const flows = observe(
      tcpFrom(a, b, [40_000, 502], syn),
      tcpFrom(a, c, [40_001, 502], syn),
      tcpFrom(c, a, [502, 40_001], rst),
    );
    expect(flows.map(({ answered }) => answered)).toEqual([false, false]);
  });

  test("a capture of one direction knows of the answer by what is acknowledged", () => {
    expect(observe(tcpFrom(a, b, [40_000, 502], tcpFlags.ack, 12))).toMatchObject([{ answered: true }]);
  });

  test("a port that is used again for a new connection counts, a repeated SYN does not", () => {
    const one = [
      tcpFrom(a, b, [40_000, 502], syn),
      tcpFrom(b, a, [502, 40_000], synAck),
      tcpFrom(a, b, [40_000, 502], tcpFlags.finAck),
    ];
    expect(observe(...one, ...one)).toMatchObject([{ connections: 2, packets: 6 }]);
    expect(observe(one[0]!, one[0]!, one[0]!)).toMatchObject([{ connections: 1, packets: 3 }]);
  });

  test("ends that open to each other on the same ports are two flows", () => {
    const flows = observe(
      tcpFrom(a, b, [2000, 3000], syn),
      tcpFrom(b, a, [3000, 2000], tcpFlags.finAck),
      tcpFrom(b, a, [3000, 2000], syn),
    );
    expect(flows.map(line)).toEqual([`tcp ${a} -> ${b} 3000`, `tcp ${b} -> ${a} 2000`]);
  });

  test("a session goes on in the next capture", () => {
    const capture = (seconds: number) =>
      pcap([{ data: tcpFrom(a, b, [40_000, 502], tcpFlags.ack, 1), seconds }], { linkType: 101 });
    expect(observeBytes([capture(1000), capture(5000)]).baseline.flows).toMatchObject([
      { connections: 1, packets: 2 },
    ]);
  });
});

describe("what no router carries", () => {
  test.each([
    ["127.0.0.1", "127.0.0.2", "loopback"],
    ["169.254.1.1", "10.0.0.2", "link-local"],
    ["0.0.0.0", "255.255.255.255", "broadcast"],
    ["0.0.0.0", "10.0.0.2", "unspecified"],
    ["10.0.0.1", "10.0.0.255", "broadcast"],
  ])("%s to %s: %s", (from, to, reason) => {
    expect(observe(udpFrom(from, to, [40_000, 9100]))).toMatchObject([{ notRoutable: reason }]);
  });

  test("a subnet's broadcast address is known by the link layer", () => {
    const frame = broadcastEthernet(0x0800, udpFrom(a, "10.0.0.127", [40_000, 9100]));
    expect(observeBytes([pcap([{ data: frame }])]).baseline.flows).toMatchObject([
      { evidence: "group", notRoutable: "broadcast" },
    ]);
  });

  test("a host whose address ends in .255 and that answers is a host", () => {
    const [flow] = observe(
      udpFrom(a, "10.0.0.255", [40_000, 9100]),
      udpFrom("10.0.0.255", a, [9100, 40_000]),
    );
    expect(flow!.notRoutable).toBeUndefined();
  });
});
