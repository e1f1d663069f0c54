import { describe, expect, test } from "vitest";
import { line, observeText } from "./support/observe.ts";

const fields =
  "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto conn_state history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes";
const header = (names = fields, path = "conn", separator = "\t"): string =>
  [
    `#separator \\x${separator.charCodeAt(0).toString(16).padStart(2, "0")}`,
    `#set_separator${separator},`,
    `#empty_field${separator}(empty)`,
    `#unset_field${separator}-`,
    `#path${separator}${path}`,
    `#fields${separator}${names.split(" ").join(separator)}`,
  ].join("\n");
const row = (text: string, separator = "\t"): string => text.split(" ").join(separator);
const poll = "1700000000.5 C1 10.0.0.1 40000 10.0.0.2 502 tcp SF ShADadFf 5 300 4 250";

const observe = (...lines: readonly string[]) => observeText(`${lines.join("\n")}\n`).baseline;

describe("Zeek conn.log, tab-separated", () => {
  test("columns are read by the names in the file's own header", () => {
    const swapped = "node proto id.resp_p id.resp_h id.orig_p id.orig_h ts history resp_pkts orig_pkts";
    const { flows, sources } = observe(
      header(swapped),
      row("worker-1 tcp 502 10.0.0.2 40000 10.0.0.1 1700000000.5 ShAD 4 5"),
    );
    expect(flows).toMatchObject([
      {
        initiator: "10.0.0.1",
        responder: "10.0.0.2",
        port: 502,
        packets: 9,
        firstSeen: "2023-11-14T22:13:20.500000Z",
      },
    ]);
    expect(sources[0]!.accounting).toMatchObject({ read: 7, used: 1, ignored: { "header or comment": 6 } });
  });

  test("logs that were put together, each with its own header and separator", () => {
    const { flows } = observe(
      header(),
      row(poll),
      "#close\t2023-11-14-23-00-00",
      header(fields.split(" ").reverse().join(" "), "conn", "|"),
      row(poll.replace("40000", "40001").split(" ").reverse().join(" "), "|"),
    );
    expect(flows).toMatchObject([{ port: 502, connections: 2, packets: 18 }]);
  });

  test.each([
    ["an hour without connections", header(), []],
    ["another log", `${header("ts uid query", "dns")}\n${row("1 C2 name")}`, []],
    [
      "connections under the name of a filter",
      `${header(fields, "conn_ics")}\n${row(poll)}`,
      ["baseline/nothing-used"],
    ],
  ])("what gives no flow, and whether that is told: %s", (_, text, codes) => {
    expect(observeText(`${text}\n`).warnings.map(({ code }) => code)).toEqual(codes);
  });

  test("records of other logs, empty lines and rows of another width are counted apart", () => {
    const { sources } = observe(
      header(),
      row(poll),
      "",
      row("1 2 3"),
      header("ts uid query", "dns"),
      row("1 C2 name"),
    );
    expect(sources[0]!.accounting).toEqual({
      unit: "lines",
      read: 16,
      used: 1,
      ignored: { "empty line": 1, "header or comment": 12, "of another log (dns)": 1 },
      rejected: { "number of columns differs from #fields": 1 },
    });
  });

  test("what is no address, no port or no protocol is rejected or ignored with its reason", () => {
    const { sources } = observe(
      header(),
      row(poll.replace("10.0.0.1", "10.0.0.256")),
      row(poll.replace("10.0.0.2", "fd00::1")),
      row(poll.replace("40000", "70000")),
      row(poll.replace("tcp", "unknown_transport")),
      row(poll.replace("40000", "-")),
    );
    expect(sources[0]!.accounting).toMatchObject({
      used: 0,
      ignored: { "protocol that the log does not name": 1 },
      rejected: { "not an address": 2, "not a port": 2 },
    });
  });

  test("a time that is unset or masked leaves the flow without one", () => {
    const { flows } = observe(header(), row(poll.replace("1700000000.5", "XXXXXXXXXX.XXXXXX")));
    expect(flows).toMatchObject([{ port: 502 }]);
    expect(flows[0]!.firstSeen).toBeUndefined();
  });

  test("a duration that leads out of all time leaves the flow with its start", () => {
    const { flows } = observe(header(`${fields} duration`), row(`${poll} 1e300`));
    expect(flows).toMatchObject([{ lastSeen: "2023-11-14T22:13:20.500000Z" }]);
  });

  test("data without a header is refused with its line, a header without addresses too", () => {
    expect(() => observe("#separator \\x09", row(poll))).toThrow(/line 2 is data, but no #fields line/);
    expect(() => observe(header("ts uid proto"))).toThrow(/line 6: #fields has no id.orig_h/);
  });

  test("a last line that was half written when the log was copied is told of, and refuses nothing", () => {
    const whole = `${header()}\n${row(poll)}\n`;
    const { baseline, warnings } = observeText(`${whole}${row(poll).slice(0, 30)}`);
    expect(baseline.sources[0]!.accounting).toMatchObject({
      used: 1,
      rejected: { "cut short by the end of the file": 1 },
    });
    expect(warnings).toMatchObject([{ code: "baseline/cut-short", severity: "warning" }]);
  });

  test("line ends of Windows, and a last line without one", () => {
    const { flows } = observeText(`${header()}\n${row(poll)}`.replaceAll("\n", "\r\n")).baseline;
    expect(flows).toMatchObject([{ packets: 9, bytes: 550 }]);
  });
});

describe("what Zeek's history and states say", () => {
  test.each([
    ["ShADadFf", "SF", "syn", true],
    ["S", "S0", "syn", false],
    ["Sr", "REJ", "syn", false],
    ["hdA", "SHR", "syn", true],
    ["DadA", "OTH", "known-port", true],
    ["^dDa", "OTH", "log", true],
    ["-", "SF", "syn", true],
    ["-", "REJ", "syn", false],
    ["-", "OTH", "known-port", true],
  ])("history %s, state %s: decided by %s, answered: %s", (history, state, evidence, answered) => {
    const { flows } = observe(header(), row(poll.replace("SF ShADadFf", `${state} ${history}`)));
    expect(flows).toMatchObject([{ initiator: "10.0.0.1", evidence, answered }]);
  });

  test("mid-stream, the originator of the log may be the responder of the service", () => {
    const { flows } = observe(header(), row("1 C1 10.0.0.2 502 10.0.0.1 40000 tcp OTH DadA 5 300 4 250"));
    expect(flows).toMatchObject([{ initiator: "10.0.0.1", port: 502, evidence: "known-port" }]);
  });

  test("ICMP types stand in the port fields; errors are no flows, replies belong to the request", () => {
    const { flows, sources } = observe(
      header(),
      row("1 C1 10.0.0.1 8 10.0.0.2 0 icmp OTH - 5 300 5 300"),
      row("2 C2 10.0.0.2 0 10.0.0.3 8 icmp OTH - 5 300 0 0"),
      row("3 C3 10.0.0.9 3 10.0.0.1 1 icmp OTH - 1 60 0 0"),
      row("4 C4 fd00::1 128 fd00::2 129 icmp OTH - 1 60 1 60"),
      row("5 C5 fe80::1 135 ff02::1 136 icmp OTH - 1 60 0 0"),
    );
    expect(flows.map(line)).toEqual([
      "icmp 10.0.0.1 -> 10.0.0.2 8",
      "icmp 10.0.0.3 -> 10.0.0.2 8",
      "icmpv6 fd00::1 -> fd00::2 128",
    ]);
    expect(Object.values(sources[0]!.accounting.ignored)).toEqual([1, 1, 6]);
  });
});

describe("Zeek conn.log, JSON", () => {
  const record = {
    ts: 1_700_000_000.5,
    "id.orig_h": "fd00:0::1",
    "id.orig_p": 40_000,
    "id.resp_h": "FD00::2",
    "id.resp_p": 502,
    proto: "tcp",
    history: "ShADad",
    orig_pkts: 5,
    resp_pkts: 4,
  };

  test("dotted and nested names, canonical addresses", () => {
    const nested = {
      ts: record.ts,
      id: { orig_h: "fd00::1", orig_p: 40_001, resp_h: "fd00::2", resp_p: 502 },
      proto: "tcp",
      history: "ShADad",
    };
    const { flows } = observe(JSON.stringify(record), JSON.stringify(nested));
    expect(flows).toMatchObject([{ initiator: "fd00::1", responder: "fd00::2", port: 502, connections: 2 }]);
  });

  test("what a line lacks, or has as null or as another thing, it does not take from the one before", () => {
    const { history, orig_pkts, resp_pkts, ...ends } = record;
    const second = {
      ...ends,
      "id.orig_h": "fd00::3",
      history: null,
      orig_pkts: [7],
      resp_pkts: { packets: 7 },
    };
    const { flows } = observe(
      JSON.stringify({ ...record, vlan: 20, conn_state: "SF" }),
      JSON.stringify(second),
      JSON.stringify({ ...ends, "id.orig_h": "fd00::4" }),
    );
    const alone = [second, { ...ends, "id.orig_h": "fd00::4" }].flatMap(
      (other) => observe(JSON.stringify(other)).flows,
    );
    expect(flows.slice(1)).toEqual(alone);
  });

  test("lines that are no objects, and records of other logs", () => {
    const { sources } = observe(
      JSON.stringify(record),
      "{broken",
      "[1]",
      JSON.stringify({ ...record, _path: "dns" }),
    );
    expect(sources[0]!.accounting).toEqual({
      unit: "lines",
      read: 4,
      used: 1,
      ignored: { "of another log": 1 },
      rejected: { "not a JSON object": 2 },
    });
  });

  test("a record of dns.log, which has ends and a protocol too, is none of conn.log", () => {
    const { history: _, orig_pkts: __, resp_pkts: ___, ...ends } = record;
    const query = { ...ends, proto: "udp", "id.resp_p": 53, trans_id: 7, query: "plc1.example", rtt: 0.01 };
    const { sources, flows } = observe(JSON.stringify(query), JSON.stringify(record));
    expect(flows).toMatchObject([{ protocol: 6, connections: 1 }]);
    expect(sources[0]!.accounting.ignored).toEqual({ "of another log": 1 });
  });

  test("the number of a protocol that has no name in the log", () => {
    const { flows } = observe(JSON.stringify({ ...record, proto: "unknown_transport", ip_proto: 47 }));
    expect(flows.map(line)).toEqual(["gre fd00::1 -> fd00::2"]);
  });
});

describe("Zeek conn.log as others set it up", () => {
  const json = (ts: string): string =>
    `{"ts":${ts},"id.orig_h":"10.0.0.1","id.orig_p":40000,"id.resp_h":"10.0.0.2","id.resp_p":502,"proto":"tcp","conn_state":"SF"}`;
  test.each([
    ["seconds", "1700000000.5"],
    ["milliseconds", "1700000000500.0"],
    ["ISO 8601", '"2023-11-14T22:13:20.500000Z"'],
  ])("times as %s (LogAscii::json_timestamps)", (_name, ts) => {
    expect(observe(json(ts)).flows[0]!.firstSeen).toBe("2023-11-14T22:13:20.500000Z");
  });

  test.each([
    ["SF", true],
    ["RSTR", true],
    ["S0", false],
    ["REJ", false],
    ["OTH", false],
  ])("without history and packets, the state %s says whether anybody answered: %s", (state, answered) => {
    const names = "ts id.orig_h id.orig_p id.resp_h id.resp_p proto conn_state";
    const { flows } = observe(header(names), row(`1700000000.5 10.0.0.1 40000 10.0.0.2 502 tcp ${state}`));
    expect(flows[0]!.answered).toBe(answered);
  });

  test("a separator, an unset and an empty field of their own", () => {
    const { flows, sources } = observe(
      "#separator \\x2c",
      "#empty_field,EMPTY",
      "#unset_field,NULL",
      "#path,conn",
      "#fields,ts,id.orig_h,id.orig_p,id.resp_h,id.resp_p,proto,duration,conn_state,history",
      "1700000000.5,10.0.0.1,40000,10.0.0.2,502,tcp,NULL,SF,ShADadFf",
      "#close,2023-11-14",
    );
    expect(flows.map(line)).toEqual(["tcp 10.0.0.1 -> 10.0.0.2 502"]);
    expect(sources[0]!.accounting.rejected).toEqual({});
  });
});
