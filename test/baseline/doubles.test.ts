import { describe, expect, test } from "vitest";
import { observeText } from "./support/observe.ts";

interface Connection {
  readonly start: number;
  readonly duration?: number;
  readonly there?: number;
  readonly back?: number;
  readonly port?: number;
  readonly protocol?: "tcp" | "udp";
  /** Who saw it; with the column only where one of the log has it. */
  readonly by?: string;
}

const zeek = (...connections: readonly Connection[]): string => {
  const observers = connections.some(({ by }) => by !== undefined);
  const names = "ts id.orig_h id.orig_p id.resp_h id.resp_p proto duration history orig_pkts resp_pkts";
  const rows = connections.map(
    ({ start, duration = 60, there = 600, back = 590, port = 40_000, protocol = "tcp", by = "-" }) => {
      const history = protocol === "tcp" ? "ShADadFf" : "Dd";
      const row = [
        1_700_000_000 + start,
        "10.0.0.1",
        port,
        "10.0.0.2",
        502,
        protocol,
        duration,
        history,
        there,
        back,
      ];
      return (observers ? [by, ...row] : row).join("\t");
    },
  );
  const header = `${observers ? "_node_name " : ""}${names}`.split(" ").join("\t");
  return `#separator \\x09\n#path\tconn\n#fields\t${header}\n${rows.join("\n")}\n`;
};

const eve = (host: string | undefined, port: string | undefined, start: number): string =>
  JSON.stringify({
    ...{
      event_type: "flow",
      src_ip: "10.0.0.1",
      src_port: 40_000,
      dest_ip: "10.0.0.2",
      dest_port: 502,
      proto: "TCP",
    },
    ...{ host, in_iface: port, tcp: { tcp_flags_ts: "1b", tcp_flags_tc: "1b" } },
    flow: {
      ...{ pkts_toserver: 30, pkts_toclient: 29, bytes_toserver: 3000, bytes_toclient: 2900 },
      start: new Date(1_700_000_000_000 + 1000 * start).toISOString(),
      end: new Date(1_700_000_060_000 + 1000 * start).toISOString(),
    },
  });

/** A record of nfdump, one direction of a session, with the exporter's address, unit and number. */
const nfdump = (
  ...records: readonly (readonly [
    first: number,
    seconds: number,
    packets: number,
    exporter: string,
    isBack?: boolean,
  ])[]
): string => {
  const time = (seconds: number): string =>
    new Date(1_700_000_000_000 + 1000 * seconds).toISOString().slice(0, 19).replace("T", " ");
  const rows = records.map(([first, seconds, packets, exporter, isBack]) => {
    const ends = isBack ? "10.0.0.2,10.0.0.1,502,40000" : "10.0.0.1,10.0.0.2,40000,502";
    return `${time(first)},${time(first + seconds)},${seconds},${ends},TCP,...AP...,${packets},${100 * packets},${exporter}`;
  });
  return `ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt,ra,eng,exid\n${rows.join("\n")}\n`;
};
const [one, other, unset] = ["192.0.2.1,0/0,1", "192.0.2.2,0/0,2", "0.0.0.0,0/0,0"];

const seen = (text: string) => {
  const { baseline, warnings } = observeText(text, { timezone: "UTC" });
  return {
    sums: baseline.flows.map(({ connections, packets }) => [connections, packets]),
    codes: warnings.map(({ code, severity }) => `${severity} ${code}`),
    baseline,
    warnings,
  };
};
const once = [[1, 1190]];

describe("records of several observers in one log count once", () => {
  test("two nodes of Zeek, as each cut the connection, whatever their clocks say", () => {
    expect(seen(zeek({ start: 0, by: "core" }, { start: 0.4, by: "cell" })).sums).toEqual(once);
    const parts = [0, 20, 40].map(
      (start): Connection => ({ start, duration: 19, there: 200, back: 197, by: "cell" }),
    );
    expect(seen(zeek({ start: 0, by: "core" }, ...parts)).sums).toEqual(once);
    expect(seen(zeek(...parts, { start: 0, by: "core" })).sums).toEqual([[3, 1191]]);
  });

  test("what only the other one saw is added: a direction, the time before, what came behind it", () => {
    const forth = { start: 0, back: 0, by: "core" };
    expect(seen(zeek(forth, { start: 0, there: 0, by: "cell" })).sums[0]![1]).toBe(1190);
    expect(seen(zeek(forth, { start: 0, by: "cell" })).sums[0]![1]).toBe(1190);
    const late = { start: 30, duration: 30, there: 300, back: 295, by: "core" };
    expect(seen(zeek(late, { start: 0, by: "cell" })).sums).toEqual(once);
    expect(seen(zeek({ start: 0, by: "core" }, { start: 60.5, by: "cell" })).sums).toEqual([[2, 2380]]);
  });

  test("the rhythm is that of the connections, not of their copies", () => {
    const polls = Array.from({ length: 40 }, (_, index) => index).flatMap((index): readonly Connection[] => {
      const poll = { start: 10 * index, duration: 0.2, there: 6, back: 5, port: 40_000 + index };
      return [
        { ...poll, by: "core" },
        { ...poll, start: poll.start + 0.3, by: "cell" },
      ];
    });
    const { flows } = seen(zeek(...polls)).baseline;
    expect(flows).toMatchObject([{ connections: 40, packets: 440, cadence: { kind: "periodic" } }]);
    expect(flows[0]!.cadence!.period).toBeCloseTo(10, 1);
  });

  test("two sensors of Suricata, or two interfaces of one", () => {
    const text = (...lines: readonly string[]): string => `${lines.join("\n")}\n`;
    expect(seen(text(eve("core", undefined, 0), eve("cell", undefined, 0.7))).sums).toEqual([[1, 59]]);
    expect(seen(text(eve("core", "eth1", 0), eve("core", "eth2", 0.7))).sums).toEqual([[1, 59]]);
  });

  test("two exporters of NetFlow, whose timeouts cut a long session at different times", () => {
    const long = [0, 60, 120].flatMap((first) => [
      [first, 60, 120, one!] as const,
      [first, 60, 118, one!, true] as const,
    ]);
    const short = [15, 45, 75, 105, 135].flatMap((first) => [
      [first, 30, 60, other!] as const,
      [first, 30, 59, other!, true] as const,
    ]);
    expect(seen(nfdump(...long, ...short))).toMatchObject({ sums: [[3, 714]], codes: [] });
    const inTurn = [...long.slice(0, 2), ...short.slice(0, 6), ...long.slice(2), ...short.slice(6)];
    // Parts of a session are connections to NetFlow, and here some of each exporter's are told of first.
    expect(seen(nfdump(...inTurn))).toMatchObject({ sums: [[5, 714]], codes: [] });
    // Where one falls silent, the other one counts from there on.
    const until = seen(nfdump(...long.slice(0, 2), ...short)).sums;
    expect(until[0]![1]).toBeGreaterThan(238 + 3 * 119);
    expect(until[0]![1]).toBeLessThan(238 + 4 * 119);
  });

  test("what was left out is told, with who saw it", () => {
    const { baseline } = seen(zeek({ start: 0, by: "core" }, { start: 0, by: "cell" }));
    expect(baseline.sources[0]!.copies).toEqual([
      { conversations: 1, packets: 1190, observers: ["cell", "core"] },
    ]);
    expect(baseline.findings).toMatchObject([
      /^file 1 has 1 records \(1190 packets\) of traffic that others of its records tell of too, as cell, core saw it: it counts once$/,
    ]);
  });
});

describe("copies of which nothing says who saw them", () => {
  test("the same connection twice at the same time is a copy", () => {
    expect(seen(zeek({ start: 0 }, { start: 0 })).sums).toEqual(once);
    expect(seen(zeek({ start: 0, by: "core" }, { start: 0.02, there: 598, by: "core" })).sums).toEqual(once);
    expect(
      seen(zeek({ start: 0, duration: 0, protocol: "udp" }, { start: 0.003, duration: 0, protocol: "udp" }))
        .sums,
    ).toEqual(once);
    const records = [
      [0, 60, 120, unset!],
      [0, 60, 118, unset!, true],
    ] as const;
    expect(seen(nfdump(...records, ...records)).sums).toEqual(seen(nfdump(...records)).sums);
  });

  test("where most of a log is doubled and the copies cannot be told, it is refused, with some of them", () => {
    const slices = [0, 60, 120].map((first) => [first, 60, 120, unset!] as const);
    const others = [15, 75, 135].map((first) => [first, 60, 120, unset!] as const);
    const { codes, warnings } = seen(nfdump(...slices, ...others));
    expect(codes).toEqual(["error baseline/several-observers"]);
    expect(warnings[0]!.message).toContain(
      "3 of 6 records tell of ends and ports that another record has at the same time",
    );
    expect(warnings[0]!.message).toContain(
      "10.0.0.1 40000 -> 10.0.0.2 502, 2023-11-14T22:13:35.000Z for 60.000 s",
    );
  });

  test("short connections of two sensors whose clocks differ are refused too", () => {
    const pairs = Array.from({ length: 5 }, (_, index) => index).flatMap((index) => {
      const poll = { start: 10 * index, duration: 0.1, there: 6, back: 5, port: 40_000 + index };
      return [poll, { ...poll, start: poll.start + 0.4 }];
    });
    expect(seen(zeek(...pairs)).codes).toEqual(["error baseline/several-observers"]);
  });
});

describe("what one observer writes is no copy", () => {
  test.each<[string, readonly Connection[], number]>([
    [
      "a connection refused and opened anew at once",
      [0, 0.00006, 0.0002].map((start) => ({ start, duration: 0.00005, there: 1, back: 1 })),
      3,
    ],
    [
      "polls from one fixed port",
      [0, 0.5, 1, 1.5].map((start) => ({ start, duration: 0.1, there: 6, back: 5 + 2 * start })),
      4,
    ],
    [
      "connections at the same time from several ports",
      [0, 1, 2, 3].map((port) => ({ start: 0, port: 40_000 + port })),
      4,
    ],
    ["one after the other", [0, 60.5, 121].map((start) => ({ start })), 3],
  ])("%s", (_, connections, count) => {
    const { sums, codes } = seen(zeek(...connections));
    expect(sums[0]![0]).toBe(count);
    expect(codes).toEqual([]);
  });

  test("parts of a long session that an exporter gives the start of the session", () => {
    const parts = Array.from({ length: 40 }, (_, index) => [0, 60 * (index + 1), 120, one!] as const);
    expect(seen(nfdump(...parts))).toMatchObject({ sums: [[40, 4800]], codes: [] });
  });

  test("an exporter whose number is another one in the next file", () => {
    const first = nfdump([0, 60, 120, "192.0.2.1,0/0,1"]);
    const next = nfdump([60, 60, 120, "192.0.2.1,0/0,2"]);
    const { baseline } = observeText(first + next, { timezone: "UTC" });
    expect(baseline.flows[0]!.packets).toBe(240);
  });
});
