import { describe, expect, test } from "vitest";
import { pcap, type Recorded } from "./support/captures.ts";
import { observeBytes } from "./support/observe.ts";
import { be16, bytes, ethernet, ipv4, ipv6, tcp, tcpFlags, udp } from "./support/packets.ts";

const [master, plc] = ["10.0.0.1", "10.0.0.2"];
const start = 1_700_000_000;

/** A packet on the wire at a time in seconds after the start. */
interface Sent {
  readonly at: number;
  readonly packet: (ttl: number) => Uint8Array;
}

/** A session: opened, then polled. @param base where its sequence numbers begin: another session has others. */
function session(polls: number, { from = 40_000, base = 0, at = 0, every = 1 } = {}): readonly Sent[] {
  const sent = (
    time: number,
    [source, target]: readonly [string, string],
    [sport, dport]: readonly [number, number],
    flags: number,
    payload: number,
    sequence: number,
  ): Sent => ({
    at: time,
    packet: (ttl) =>
      ipv4(source, target, 6, tcp(sport, dport, flags, payload, base + sequence), {
        ttl,
        id: (base + Math.round(time * 1000) + sport) % 65_536 || 1,
      }),
  });
  const [there, back] = [[master!, plc!] as const, [plc!, master!] as const];
  return [
    sent(at, there, [from, 502], tcpFlags.syn, 0, 0),
    sent(at + 0.001, back, [502, from], tcpFlags.synAck, 0, 0),
    ...Array.from({ length: polls }, (_, index) => index).flatMap((index) => [
      sent(at + 0.1 + index * every, there, [from, 502], tcpFlags.ack, 12, 1 + 12 * index),
      sent(at + 0.102 + index * every, back, [502, from], tcpFlags.ack, 20, 1 + 20 * index),
    ]),
  ];
}

/** A recording at one point. @param skew of its clock, in seconds. @param sees which of the packets it got. */
const recorded = (
  packets: readonly Sent[],
  { ttl = 64, skew = 0, sees = (_: Sent, __: number): boolean => true, vlan = 0 } = {},
): Uint8Array =>
  pcap(
    packets.filter(sees).map(({ at, packet }): Recorded => {
      const data = packet(ttl);
      const micros = Math.round((at + skew) * 1e6);
      return {
        data:
          vlan === 0
            ? ethernet(0x0800, data)
            : bytes(new Uint8Array(12).fill(4), 0x81, 0, be16(vlan), 0x08, 0, data),
        seconds: start + Math.floor(micros / 1e6),
        fraction: micros % 1e6,
      };
    }),
  );

const observed = (...files: readonly Uint8Array[]) => observeBytes(files).baseline;
const sums = (...files: readonly Uint8Array[]) =>
  observed(...files).flows.map(({ port, connections, packets }) => [port, connections, packets]);

describe("what two captures hold counts once", () => {
  const talk = session(30);

  test("on both sides of a router, by clocks that differ", () => {
    const files = [recorded(talk), recorded(talk, { ttl: 63, skew: 0.4, vlan: 20 })] as const;
    const once = observed(files[0]);
    const both = observed(...files);
    expect(both.flows.map(({ firstSeen: _, lastSeen: __, ...flow }) => flow)).toEqual(
      once.flows.map(({ firstSeen: _, lastSeen: __, ...flow }) => flow),
    );
    expect(both.sources[1]!.copies).toEqual([{ of: "file 1", conversations: 1, packets: 62 }]);
    expect(both.findings).toMatchObject([
      /^file 2 has 1 of the conversations of file 1 \(62 packets\), which/,
    ]);
    expect(once.findings).toBe(undefined);
  });

  test("where the second one lost some packets, or has but one direction", () => {
    expect(sums(recorded(talk), recorded(talk, { sees: (_, index) => index % 7 !== 3 }))).toEqual([
      [502, 1, 62],
    ]);
    expect(sums(recorded(talk), recorded(talk, { sees: (_, index) => index % 2 === 0 }))).toEqual([
      [502, 1, 62],
    ]);
  });

  test("where the first one has only a part: the rest is counted", () => {
    expect(sums(recorded(talk, { sees: (_, index) => index % 2 === 0 }), recorded(talk))).toEqual([
      [502, 1, 62],
    ]);
    const late = recorded(talk, { sees: ({ at }) => at > 15 });
    const { flows } = observed(late, recorded(talk));
    expect(flows).toEqual(observed(recorded(talk)).flows);
  });

  test("the same file given twice, and three points", () => {
    const file = recorded(talk);
    expect(sums(file, file)).toEqual([[502, 1, 62]]);
    expect(sums(file, recorded(talk, { ttl: 63 }), recorded(talk, { ttl: 62 }))).toEqual([[502, 1, 62]]);
  });

  test("IPv6, whose addresses each capture meets in its own order", () => {
    const six = (from: string, to: string, at: number, sequence: number) => ({
      data: ethernet(0x86dd, ipv6(from, to, 6, tcp(40_000, 502, tcpFlags.ack, 12, sequence))),
      seconds: start + at,
    });
    const talk6 = Array.from({ length: 20 }, (_, index) => six("fd00::1", "fd00::2", index, index * 12));
    const noise = six("fd00::9", "fd00::8", 0, 0);
    const { flows } = observeBytes([pcap(talk6), pcap([noise, ...talk6])]).baseline;
    expect(flows.find(({ responder }) => responder === "fd00::2")).toMatchObject({ packets: 20 });
  });
});

describe("what only looks alike counts as often as it was", () => {
  test("a session that goes on in the next capture", () => {
    const talk = session(30);
    const parts = [
      recorded(talk, { sees: ({ at }) => at < 15 }),
      recorded(talk, { sees: ({ at }) => at >= 15 }),
    ];
    expect(sums(...parts)).toEqual([[502, 1, 62]]);
    expect(observed(...parts).findings).toBe(undefined);
  });

  test("two cells with the same addresses, recorded at the same time", () => {
    const files = [recorded(session(30)), recorded(session(30, { base: 77_000 }))];
    expect(sums(...files)).toEqual([[502, 2, 124]]);
    expect(observed(...files).findings).toBe(undefined);
  });

  test("the two cells' input and output of fixed ports, whose packets differ", () => {
    const cell = (base: number): Uint8Array =>
      recorded(
        Array.from({ length: 50 }, (_, index) => ({
          at: index,
          packet: (ttl: number) => ipv4(master!, plc!, 17, udp(2222, 2222), { ttl, id: base + index }),
        })),
      );
    expect(sums(cell(1), cell(1000))).toEqual([[2222, 1 + 1, 100]]);
    expect(sums(cell(1), cell(1))).toEqual([[2222, 1, 50]]);
  });

  test("the same ports used again the next hour", () => {
    expect(sums(recorded(session(30)), recorded(session(30, { at: 3600, base: 5000 })))).toEqual([
      [502, 2, 124],
    ]);
  });
});

describe("logs of two sensors", () => {
  const line = (start: number, duration: number, there: number, back: number, port = 40_000): string =>
    [start, "10.0.0.1", port, "10.0.0.2", 502, "tcp", duration, "ShADadFf", there, back].join("\t");
  const log = (...lines: readonly string[]): Uint8Array =>
    Buffer.from(
      "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\thistory\torig_pkts\tresp_pkts\n" +
        `${lines.join("\n")}\n`,
    );
  const eve = (first: string, last: string, there: number, back: number): Uint8Array =>
    Buffer.from(
      `${JSON.stringify({
        ...{ event_type: "flow", src_ip: "10.0.0.1", src_port: 40_000, dest_ip: "10.0.0.2", dest_port: 502 },
        ...{ proto: "TCP", tcp: { tcp_flags_ts: "1b", tcp_flags_tc: "1b" } },
        flow: { pkts_toserver: there, pkts_toclient: back, start: first, end: last },
      })}\n`,
    );

  test("the same connection is one: same ends and ports, times and packets, whatever wrote it", () => {
    const one = line(1000.5, 60, 600, 590);
    expect(sums(log(one), log(line(1000.9, 59.8, 598, 589)))).toEqual([[502, 1, 1190]]);
    const other = eve("1970-01-01T00:16:40.600000Z", "1970-01-01T00:17:40.400000Z", 600, 590);
    expect(sums(log(one), other)).toEqual([[502, 1, 1190]]);
    expect(observed(log(one), other).sources[1]!.copies).toEqual([
      { of: "file 1", conversations: 1, packets: 1190 },
    ]);
  });

  test.each([
    ["other ports", line(1000.5, 60, 600, 590, 40_001)],
    ["another time", line(1100.5, 60, 600, 590)],
    ["other numbers of packets", line(1000.5, 60, 500, 590)],
    ["a direction more", line(1000.5, 60, 600, 0)],
    ["another duration", line(1000.5, 70, 600, 590)],
  ])("%s: another connection", (_, other) => {
    expect(sums(log(line(1000.5, 60, 600, 590)), log(other)).map(([, connections]) => connections)).toEqual([
      2,
    ]);
  });
});
