import { describe, expect, test } from "vitest";
import { formatBaseline, readBaseline } from "../../src/baseline/file.ts";
import type { Baseline } from "../../src/baseline/flow.ts";
import { observation } from "../../src/baseline/observe.ts";
import { renderBaseline } from "../../src/cli/views/baseline.ts";
import { pcap } from "./support/captures.ts";
import { line, observeBytes } from "./support/observe.ts";
import { ipv4, tcp, tcpFlags, udp } from "./support/packets.ts";

const limits = { answered: 3, unanswered: 6, unansweredOfOne: 3, folded: 4 };
const [syn, synAck] = [tcpFlags.syn, tcpFlags.synAck];

/** Packets, a millisecond apart. */
const capture = (packets: readonly Uint8Array[]): Uint8Array =>
  pcap(
    packets.map((data, index) => ({
      data,
      seconds: 1_700_000_000 + Math.floor(index / 1000),
      fraction: (index % 1000) * 1000,
    })),
    { linkType: 101 },
  );
const attempt = (from: string, to: string, port: number): Uint8Array =>
  ipv4(from, to, 6, tcp(40_000, port, syn));
const observe = (packets: readonly Uint8Array[], most = limits): Baseline => {
  const seen = observation({ limits: most });
  const source = seen.open("scan.pcap");
  source.push(capture(packets));
  source.end("0".repeat(64));
  return seen.baseline();
};
const ports = Array.from({ length: 10 }, (_, index) => 1000 + index);
const packetsIn = ({ flows, attempts = [] }: Baseline): number =>
  [...flows, ...attempts].reduce((sum, { packets }) => sum + packets, 0);

describe("a scan", () => {
  test("of one host: what is beyond the limit of its initiator is one line, and every packet is in the sums", () => {
    const baseline = observe(ports.map((port) => attempt("10.0.0.1", "10.0.0.2", port)));
    expect(baseline.flows.map(line)).toEqual(
      [1000, 1001, 1002].map((port) => `tcp 10.0.0.1 -> 10.0.0.2 ${port}`),
    );
    expect(baseline.attempts).toEqual([
      {
        initiator: "10.0.0.1",
        responder: "10.0.0.2",
        ...{ conversations: 7, connections: 7, packets: 7, bytes: 280 },
        firstSeen: "2023-11-14T22:13:20.003000Z",
        lastSeen: "2023-11-14T22:13:20.009000Z",
      },
    ]);
    expect(packetsIn(baseline)).toBe(baseline.sources[0]!.accounting.used);
  });

  test("of many hosts from many: a line for each pair, then for each initiator, then one for all", () => {
    const hosts = [1, 2, 3, 4, 5, 6].map((host) => `10.0.1.${host}`);
    const baseline = observe(hosts.flatMap((from) => hosts.map((to) => attempt(from, to, 502))));
    expect(baseline.attempts?.map(({ initiator, responder }) => [initiator, responder])).toEqual([
      [undefined, undefined],
      ["10.0.1.1", undefined],
      ["10.0.1.1", "10.0.1.4"],
      ["10.0.1.1", "10.0.1.5"],
    ]);
    expect(baseline.flows.length).toBe(limits.unanswered);
    expect(packetsIn(baseline)).toBe(36);
  });

  test("takes no place from other initiators, nor from what is answered", () => {
    const scan = ports.map((port) => attempt("10.0.0.1", "10.0.0.2", port));
    const poll = [
      attempt("10.0.0.3", "10.0.0.2", 502),
      ipv4("10.0.0.2", "10.0.0.3", 6, tcp(502, 40_000, synAck)),
    ];
    const other = attempt("10.0.0.4", "10.0.0.2", 502);
    const found = observe([...scan, ...poll, other]).flows.map(line);
    expect(found).toContain("tcp 10.0.0.3 -> 10.0.0.2 502");
    expect(found).toContain("tcp 10.0.0.4 -> 10.0.0.2 502");
  });

  test("an attempt that is answered later makes place for another", () => {
    const answer = ipv4("10.0.0.2", "10.0.0.1", 6, tcp(1000, 40_001, synAck));
    const packets = [
      ...ports.slice(0, 3).map((port) => attempt("10.0.0.1", "10.0.0.2", port)),
      ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40_001, 1000, syn)),
      answer,
      attempt("10.0.0.1", "10.0.0.2", 1003),
    ];
    const { flows } = observe(packets, { ...limits, unanswered: 3 });
    expect(flows.map(({ port, answered }) => [port, answered])).toEqual([
      [1000, true],
      [1001, false],
      [1002, false],
      [1003, false],
    ]);
  });

  test("over UDP from one port is not taken for a server with silent clients", () => {
    const probes = ports.map((port) => ipv4("10.0.0.1", "10.0.0.2", 17, udp(40_000, 41_000 + port)));
    const { flows } = observeBytes([capture(probes)]).baseline;
    expect(flows.length).toBe(ports.length);
    expect(flows.every(({ initiator, answered }) => initiator === "10.0.0.1" && !answered)).toBe(true);
  });

  test("more answered flows than a baseline holds are refused, with the remedy", () => {
    const answered = ports.map((port) => ipv4("10.0.0.2", "10.0.0.1", 6, tcp(port, 40_000, synAck)));
    expect(() => observe(answered)).toThrow(/more than 3 answered flows.+tcpdump -r IN -w OUT/s);
  });

  test("is written, read again and shown", () => {
    const baseline = observe(ports.map((port) => attempt("10.0.0.1", "10.0.0.2", port)));
    expect(readBaseline(formatBaseline(baseline), "lab.json").value).toEqual(baseline);
    expect(renderBaseline(baseline)).toContain(
      "7 further attempts that nobody answered, folded (a scan?):\n  10.0.0.1 to 10.0.0.2: 7 attempts, 7 packets\n",
    );
  });

  test("of more ports than may run at once is counted whole", { timeout: 60_000 }, () => {
    const count = 600_000;
    const data = Buffer.from(attempt("10.0.0.1", "10.0.0.2", 0));
    const packets = Array.from({ length: 1000 }, () => ({ data, seconds: 1_700_000_000 }));
    const piece = Buffer.from(pcap(packets, { linkType: 101 }));
    const seen = observation();
    const source = seen.open("scan.pcap");
    source.push(piece.subarray(0, 24));
    const body = piece.subarray(24);
    for (let base = 0; base < count; base += packets.length) {
      for (let index = 0; index < packets.length; index += 1) {
        const at = index * (body.length / packets.length) + 16;
        body.writeUInt16BE((base + index) >>> 10, at + 18);
        body.writeUInt16BE((base + index) & 1023, at + 22);
      }
      source.push(body);
    }
    source.end("0".repeat(64));
    const baseline = seen.baseline();
    expect(baseline.flows.length).toBeLessThanOrEqual(4096);
    expect(packetsIn(baseline)).toBe(count);
  });
});
