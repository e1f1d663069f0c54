import { describe, expect, test } from "vitest";
import type { ClockSettings } from "../../src/baseline/sources/clock.ts";
import { line, observeText } from "./support/observe.ts";

const observe = (lines: readonly (string | object)[], clock?: ClockSettings) =>
  observeText(
    lines.map((item) => `${typeof item === "string" ? item : JSON.stringify(item)}\n`).join(""),
    clock,
  );
const flowsOf = (lines: readonly (string | object)[], clock?: ClockSettings) =>
  observe(lines, clock).baseline.flows;

describe("Suricata's EVE", () => {
  const event = {
    timestamp: "2026-01-01T00:00:00.000000+0000",
    event_type: "flow",
    src_ip: "10.0.0.1",
    src_port: 40_000,
    dest_ip: "10.0.0.2",
    dest_port: 9100,
    proto: "TCP",
    flow: {
      ...{ pkts_toserver: 5, pkts_toclient: 4, bytes_toserver: 300, bytes_toclient: 250 },
      start: "2026-01-02T10:00:00.250000+0100",
      end: "2026-01-02T10:00:05.500000+0100",
    },
    tcp: { tcp_flags_ts: "1b", tcp_flags_tc: "1b" },
  };

  test("a flow has its own times, not the time at which its event was written", () => {
    expect(flowsOf([event])).toMatchObject([
      {
        ...{ initiator: "10.0.0.1", port: 9100, evidence: "syn", answered: true, packets: 9 },
        firstSeen: "2026-01-02T09:00:00.250000Z",
        lastSeen: "2026-01-02T09:00:05.500000Z",
      },
    ]);
  });

  test("other events of the same stream are counted apart, a flow of an alert is no flow", () => {
    const others = ["alert", "stats", "netflow"].map((type) => ({ ...event, event_type: type }));
    const { sources } = observe([event, ...others]).baseline;
    expect(sources[0]!.accounting).toMatchObject({
      used: 1,
      ignored: {
        "event of another type than flow": 2,
        "netflow event: one direction of what a flow event has whole": 1,
      },
    });
  });

  test("an event that was half written when the log was copied is told of, and refuses nothing", () => {
    const text = JSON.stringify(event);
    const { baseline, warnings } = observeText(`${text}\n${text.slice(0, -20)}`);
    expect(baseline.sources[0]!.accounting).toMatchObject({
      ...{ read: 2, used: 1 },
      rejected: { "cut short by the end of the file": 1 },
    });
    expect(warnings).toMatchObject([{ code: "baseline/cut-short", severity: "warning" }]);
    expect(warnings[0]!.message).toContain(`line 2, which starts at byte ${text.length + 1}`);
    // A line alone is no sign of a log that goes on.
    expect(observeText(text.slice(0, -20)).warnings).toMatchObject([{ severity: "error" }]);
  });

  test("a log without flow events is told of: Suricata may not have been told to write them", () => {
    const { warnings } = observe([{ ...event, event_type: "alert" }, { event_type: "stats" }]);
    expect(warnings).toMatchObject([{ code: "baseline/nothing-used", severity: "warning" }]);
  });

  test.each([
    ["a refusal is no answer", { tcp_flags_ts: "02", tcp_flags_tc: "14" }, "syn", false],
    [
      "a session without its opening has no direction of its own",
      { tcp_flags_ts: "18", tcp_flags_tc: "18" },
      "ephemeral",
      true,
    ],
  ])("%s", (_, tcp, evidence, answered) => {
    expect(flowsOf([{ ...event, tcp }])).toMatchObject([{ evidence, answered }]);
  });

  test.each([
    ["OSPFIGP", 89],
    ["PIM", 103],
    ["IPv6", 41],
    ["VRRP", 112],
    ["253", 253],
  ])("protocol %s is %i", (proto, protocol) => {
    expect(flowsOf([{ ...event, proto, tcp: undefined }])).toMatchObject([{ protocol }]);
  });

  test.each([[7], [[7]]])("a VLAN is told as %j", (vlan) => {
    expect(observe([{ ...event, vlan }]).baseline.links).toMatchObject([
      { address: "10.0.0.1", vlan: [7] },
      { address: "10.0.0.2", vlan: [7] },
    ]);
  });

  test("ICMP has a type and no ports, IPv6 its own spelling of it", () => {
    const ping = {
      ...event,
      proto: "IPv6-ICMP",
      src_ip: "fd00::1",
      dest_ip: "fd00::2",
      icmp_type: 128,
      tcp: undefined,
    };
    expect(flowsOf([ping]).map(line)).toEqual(["icmpv6 fd00::1 -> fd00::2 128"]);
  });
});

describe("the connection tracking of Linux", () => {
  const reply = "src=10.0.0.2 dst=10.0.0.1 sport=9100 dport=40000";
  const original = "src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=9100";

  test.each([
    [
      "plain",
      `tcp      6 299 ESTABLISHED ${original} packets=5 bytes=300 ${reply} packets=4 bytes=250 [ASSURED] mark=0 use=1`,
    ],
    [
      "extended",
      `ipv4     2 tcp      6 299 ESTABLISHED ${original} packets=5 bytes=300 ${reply} packets=4 bytes=250 [ASSURED] use=1`,
    ],
    [
      "/proc",
      `ipv4     2 tcp      6 299 ESTABLISHED ${original} packets=5 bytes=300 ${reply} packets=4 bytes=250 [ASSURED] mark=0 zone=0 use=2`,
    ],
    [
      "a destroyed connection",
      `[1700000000.5]\t[DESTROY] ipv4     2 tcp      6 ${original} packets=5 bytes=300 ${reply} packets=4 bytes=250 [ASSURED] delta-time=3`,
    ],
    [
      "an offloaded one",
      `tcp      6 ${original} packets=5 bytes=300 ${reply} packets=4 bytes=250 [OFFLOAD] mark=0 use=2`,
    ],
  ])("%s: both directions, their counters, and that it was answered", (_, text) => {
    expect(flowsOf([text])).toMatchObject([
      { initiator: "10.0.0.1", responder: "10.0.0.2", port: 9100, packets: 9, bytes: 550, answered: true },
    ]);
  });

  test("behind destination NAT and before source NAT: the addresses that a forwarding filter sees", () => {
    const nat =
      "tcp 6 299 ESTABLISHED src=10.0.0.1 dst=192.0.2.1 sport=40000 dport=8502 " +
      "src=10.1.0.2 dst=192.0.2.9 sport=502 dport=61000 [ASSURED] use=1";
    expect(flowsOf([nat]).map(line)).toEqual(["tcp 10.0.0.1 -> 10.1.0.2 502"]);
  });

  test.each([
    [`tcp 6 119 SYN_SENT ${original} [UNREPLIED] ${reply} use=1`, "an attempt"],
    [`tcp 6 9 CLOSE ${original} ${reply} use=1`, "a refused attempt"],
    [`udp 17 29 ${original} [UNREPLIED] ${reply} use=1`, "a datagram without a reply"],
  ])("%s: %s, and no answer", (text) => {
    expect(flowsOf([text])).toMatchObject([{ answered: false }]);
  });

  test("the events of a connection are one: opened by a SYN, answered later, counted at its end", () => {
    const { flows, sources } = observe([
      `[1700000000.5]\t    [NEW] tcp      6 120 SYN_SENT ${original} [UNREPLIED] ${reply}`,
      `[1700000000.6]\t [UPDATE] tcp      6 60 SYN_RECV ${original} ${reply}`,
      `[1700000009.5]\t[DESTROY] tcp      6 ${original} packets=5 bytes=300 ${reply} packets=4 bytes=250`,
      `[1700000010.5]\t    [NEW] tcp      6 120 SYN_SENT ${original} [UNREPLIED] ${reply}`,
    ]).baseline;
    expect(flows).toMatchObject([
      {
        ...{ connections: 2, packets: 9, evidence: "syn", answered: true },
        firstSeen: "2023-11-14T22:13:20.500000Z",
        lastSeen: "2023-11-14T22:13:30.500000Z",
      },
    ]);
    expect(sources[0]!.accounting).toMatchObject({ read: 4, used: 4 });
  });

  test("an end that does not repeat the refusal is not taken for an answer", () => {
    expect(
      flowsOf([
        `    [NEW] tcp      6 120 SYN_SENT ${original} [UNREPLIED] ${reply}`,
        ` [UPDATE] tcp      6 10 CLOSE ${original} ${reply}`,
        `[DESTROY] tcp      6 ${original} packets=1 bytes=60 ${reply} packets=1 bytes=40`,
      ]),
    ).toMatchObject([{ answered: false, packets: 2 }]);
  });

  test("a refusal shows in the counters alone, where no state is told: as many bare headers back as there were SYNs", () => {
    const end = (sent: string, received: string): string =>
      `[DESTROY] tcp      6 ${original} ${sent} ${reply} ${received}`;
    for (const [sent, received, answered] of [
      ["packets=1 bytes=60", "packets=1 bytes=40", false],
      ["packets=3 bytes=156", "packets=3 bytes=120", false],
      ["packets=1 bytes=60", "packets=1 bytes=60", true],
      // Keepalive probes of a session that was open before, and their acknowledgements.
      ["packets=9 bytes=369", "packets=9 bytes=360", true],
    ] as const)
      expect(flowsOf([end(sent, received)])).toMatchObject([{ answered }]);
  });

  test.each([
    [
      "TCP",
      `tcp      6 431999 ESTABLISHED ${original} packets=5 bytes=300 ${reply} packets=4 bytes=250 [ASSURED] mark=0 use=1`,
      "tcp 10.0.0.1 -> 10.0.0.2 9100",
    ],
    [
      "TCP behind destination NAT",
      `tcp      6 431999 ESTABLISHED ${original} src=10.1.0.22 dst=10.0.0.1 sport=5020 dport=40000 [ASSURED] mark=0 use=1`,
      "tcp 10.0.0.1 -> 10.1.0.22 5020",
    ],
    [
      "ICMP",
      "icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=13 code=0 id=7 src=10.0.0.2 dst=10.0.0.1 type=14 code=0 id=7 use=1",
      "icmp 10.0.0.1 -> 10.0.0.2 13",
    ],
    [
      "OSPF",
      "unknown  89 599 src=10.0.0.1 dst=10.0.0.22 src=10.0.0.22 dst=10.0.0.1 use=1",
      "ospf 10.0.0.1 -> 10.0.0.22",
    ],
  ])(
    "a last line of %s that was not written to its end gives its flow or none, and refuses nothing",
    (_, whole, expected) => {
      const before = `udp 17 29 ${original} ${reply} use=1\n`;
      for (let length = 1; length < whole.length; length += 1) {
        const { baseline, warnings } = observeText(before + whole.slice(0, length));
        const others = baseline.flows.map(line).filter((flow) => !flow.startsWith("udp"));
        expect([[], [expected]]).toContainEqual(others);
        expect(warnings.filter(({ severity }) => severity === "error")).toEqual([]);
        const { used, rejected } = baseline.sources[0]!.accounting;
        expect(used + (rejected["cut short by the end of the file"] ?? 0)).toBe(2);
      }
    },
  );

  test("the kernel's own times: of listings too, in local time, which a time of the event spares", () => {
    const times = "[start=Thu Nov 26 21:16:59 2026]";
    const listed = `tcp 6 9 ESTABLISHED ${original} ${reply} [ASSURED] mark=0 delta-time=4 ${times} use=1`;
    expect(() => observe([listed])).toThrow(/"Nov 26 21:16:59" has no time zone: .*--timezone/);
    expect(flowsOf([listed], { timezone: "Europe/Zurich" })).toMatchObject([
      { firstSeen: "2026-11-26T20:16:59.000000Z", lastSeen: "2026-11-26T20:17:03.000000Z" },
    ]);
    const over = `${original} ${reply} delta-time=4 ${times} [stop=Thu Nov 26 21:17:04 2026]`;
    expect(flowsOf([`[DESTROY] tcp 6 ${over}`], { timezone: "UTC" })).toMatchObject([
      { firstSeen: "2026-11-26T21:16:59.000000Z", lastSeen: "2026-11-26T21:17:04.000000Z" },
    ]);
    expect(flowsOf([`[1795727824.5]\t[DESTROY] tcp 6 ${over}`])).toMatchObject([
      { firstSeen: "2026-11-26T21:17:00.500000Z", lastSeen: "2026-11-26T21:17:04.500000Z" },
    ]);
  });

  test("ICMP by its type, protocols without a name by their number, IPv6", () => {
    expect(
      flowsOf([
        "icmp 1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=7 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=7 use=1",
        "unknown 89 599 src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1 use=1",
        "ipv6 10 tcp 6 9 ESTABLISHED src=fd00:0:0:0:0:0:0:1 dst=fd00::2 sport=1 dport=502 src=fd00::2 dst=fd00::1 sport=502 dport=1 use=1",
      ]).map(line),
    ).toEqual(["icmp 10.0.0.1 -> 10.0.0.2 8", "ospf 10.0.0.1 -> 10.0.0.2", "tcp fd00::1 -> fd00::2 502"]);
  });

  const xml = (type: string, state: string, when: string, marks = "") =>
    `<flow${type}><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.0.0.1</src><dst>10.0.0.2</dst></layer3>` +
    '<layer4 protonum="6" protoname="tcp"><sport>40000</sport><dport>9100</dport></layer4><counters><packets>5</packets><bytes>300</bytes></counters></meta>' +
    '<meta direction="reply"><layer3 protonum="2" protoname="ipv4"><src>10.0.0.2</src><dst>10.0.0.1</dst></layer3>' +
    '<layer4 protonum="6" protoname="tcp"><sport>9100</sport><dport>40000</dport></layer4><counters><packets>4</packets><bytes>250</bytes></counters></meta>' +
    `<meta direction="independent"><state>${state}</state>${marks}</meta>${when}</flow>`;
  const when =
    "<when><hour>1</hour><min>2</min><sec>03</sec><wday>4</wday><day>1</day><month>7</month><year>2026</year></when>";
  const prologue = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>';

  test("XML, also when it was broken off, and with what conntrack prints between the elements", () => {
    const text = [prologue, `${xml("", "ESTABLISHED", "", "<assured/>")} [USERSPACE] portid=1`];
    const { baseline, warnings } = observe(text);
    expect(baseline.flows).toMatchObject([{ packets: 9, bytes: 550, answered: true, port: 9100 }]);
    expect(warnings).toEqual([]);
    const cut = observe([...text, xml("", "ESTABLISHED", "").slice(0, 90)]);
    expect(cut.baseline.sources[0]!.accounting).toMatchObject({ used: 1, read: 2 });
    expect(cut.warnings).toMatchObject([{ code: "baseline/cut-short" }]);
  });

  test("XML events are in the local time of the host, which it does not name", () => {
    const events = [prologue, xml(' type="new"', "SYN_SENT", when, "<unreplied/>"), "</conntrack>"];
    expect(() => observe(events)).toThrow(/"2026-07-01 01:02:03" has no time zone: .*--timezone/);
    expect(flowsOf(events, { timezone: "Europe/Zurich" })).toMatchObject([
      { firstSeen: "2026-06-30T23:02:03.000000Z", answered: false, evidence: "syn" },
    ]);
  });

  test("XML has the kernel's own times in nanoseconds, and leaves out the types of ICMP", () => {
    const times = "<timestamp><start>1795727819161928676</start></timestamp><deltatime>4</deltatime>";
    const ping = xml("", "", "").replace(
      /"6" protoname="tcp"><sport.*?<.layer4>/g,
      '"1" protoname="icmp"></layer4>',
    );
    const { baseline, warnings } = observe([
      prologue,
      xml("", "ESTABLISHED", "", times),
      ping,
      "</conntrack>",
    ]);
    expect(baseline.flows).toMatchObject([
      { firstSeen: "2026-11-26T21:16:59.161929Z", lastSeen: "2026-11-26T21:17:03.161929Z" },
    ]);
    expect(baseline.sources[0]!.accounting.ignored).toEqual({ "ICMP whose type the log does not tell": 1 });
    expect(warnings).toEqual([]);
  });

  test("XML that is broken is refused with its place", () => {
    expect(() => observe([prologue, "<flow></meta>"])).toThrow(/XML is broken: 3:|XML is broken: .*meta/);
  });
});

describe("ulogd2", () => {
  const connection = {
    "orig.ip.protocol": 6,
    "orig.l4.sport": 40_000,
    "orig.l4.dport": 9100,
    "reply.l4.sport": 502,
    "ct.id": 1,
    "flow.start.sec": 1_700_000_000,
    "flow.start.usec": 500_000,
    src_ip: "10.0.0.1",
    dest_ip: "10.0.0.2",
    "reply.ip.saddr.str": "10.1.0.2",
  };
  test("a connection's events are one, with the address behind the NAT", () => {
    expect(
      flowsOf([
        { timestamp: "2026-01-01T00:00:00", dvc: "Netfilter", ...connection, "ct.event": 1 },
        {
          ...connection,
          ...{
            "ct.event": 4,
            "orig.raw.pktcount": 5,
            "reply.raw.pktcount": 4,
            "flow.end.sec": 1_700_000_009,
          },
        },
      ]),
    ).toMatchObject([
      {
        ...{ responder: "10.1.0.2", port: 502, connections: 1, packets: 9, answered: true },
        firstSeen: "2023-11-14T22:13:20.500000Z",
        lastSeen: "2023-11-14T22:13:29.000000Z",
      },
    ]);
  });

  test("connections without counters, as the kernel has them unless told otherwise, are told of", () => {
    const end = { ...connection, "ct.event": 4, "flow.end.sec": 1_700_000_009, "orig.raw.pktcount": 0 };
    const { "flow.start.sec": _, "flow.start.usec": __, ...endAlone } = end;
    const { baseline, warnings } = observe([endAlone]);
    expect(baseline.flows).toMatchObject([
      {
        ...{ answered: false, packets: 0 },
        firstSeen: "2023-11-14T22:13:29.000000Z",
        lastSeen: "2023-11-14T22:13:29.000000Z",
      },
    ]);
    expect(warnings).toMatchObject([
      {
        code: "baseline/no-counters",
        severity: "warning",
        fix: expect.stringContaining("nf_conntrack_acct=1"),
      },
    ]);
    expect(observe([{ ...end, "orig.raw.pktcount": 1 }]).warnings).toEqual([]);
  });

  test("a connection of ICMPv6 has no type there: it is counted, and refuses nothing", () => {
    const ping = { "orig.ip.protocol": 58, "ct.id": 2, "ct.event": 1, src_ip: "fd00::1", dest_ip: "fd00::2" };
    const { baseline, warnings } = observe([{ ...connection, "orig.raw.pktcount": 5 }, ping]);
    expect(baseline.sources[0]!.accounting).toMatchObject({
      ...{ used: 1, rejected: {} },
      ignored: { "ICMP whose type the log does not tell": 1 },
    });
    expect(warnings).toEqual([]);
  });

  test("a logged packet is judged as a captured one", () => {
    const packet = {
      ...{ dvc: "Netfilter", "oob.time.sec": 1_700_000_000, "oob.time.usec": 1000, "ip.protocol": 6 },
      ...{ src_ip: "10.0.0.2", dest_ip: "10.0.0.1", src_port: 9100, dest_port: 9200, "raw.pktlen": 60 },
      ...{ "tcp.syn": 1, "tcp.ack": 1, "mac.str": "02:00:00:00:0b:00:02:00:00:00:00:01:08:00" },
    };
    expect(flowsOf([packet])).toMatchObject([
      { initiator: "10.0.0.1", responder: "10.0.0.2", evidence: "syn", answered: true, bytes: 60 },
    ]);
  });
});

describe("nfdump", () => {
  const old = "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt";
  const utc = { timezone: "UTC" };
  const row = (from: string, to: string, flags: string, first: string) =>
    `${first},2026-01-01 10:00:09,4.500,${from.replace(" ", ",")},${to.replace(" ", ",")},TCP,${flags},0,0,5,300,0,0`;
  /** The same values in the order of `sa,da,sp,dp`. */
  const uniflow = (
    from: readonly [string, number],
    to: readonly [string, number],
    flags: string,
    first: string,
  ) => row(`${from[0]} ${to[0]}`, `${from[1]} ${to[1]}`, flags, first);
  const [a, b] = [["10.0.0.1", 9200] as const, ["10.0.0.2", 9100] as const];

  test("the two directions of a connection are one; the earlier SYN opened it", () => {
    const answer = uniflow(b, a, "...AP.SF", "2026-01-01 10:00:00.200");
    const request = uniflow(a, b, "...AP.SF", "2026-01-01 10:00:00.100");
    for (const order of [
      [answer, request],
      [request, answer],
    ]) {
      expect(flowsOf([old, ...order], utc)).toMatchObject([
        { initiator: "10.0.0.1", port: 9100, connections: 1, packets: 10, evidence: "syn", answered: true },
      ]);
    }
  });

  test("SYNs of both directions at the same time do not tell who opened", () => {
    const time = "2026-01-01 10:00:00";
    const rows = [uniflow(b, a, "...AP.SF", time), uniflow(a, b, "...AP.SF", time)];
    expect(flowsOf([old, ...rows], utc)).toMatchObject([{ evidence: "guess", answered: true }]);
  });

  test("a SYN alone is an attempt, a reset is no answer", () => {
    const rows = [
      uniflow(a, b, "......S.", "2026-01-01 10:00:00"),
      uniflow(b, a, "...A.R..", "2026-01-01 10:00:00"),
    ];
    expect(flowsOf([old, ...rows], utc)).toMatchObject([{ initiator: "10.0.0.1", answered: false }]);
  });

  test("`-B` has both directions in one record", () => {
    const both = uniflow(a, b, "...AP.SF", "2026-01-01 10:00:00").replace("5,300,0,0", "5,300,4,250");
    expect(flowsOf([old, both], utc)).toMatchObject([
      { connections: 1, packets: 9, bytes: 550, answered: true },
    ]);
  });

  test.each([
    [
      "1.7.4 and later",
      "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,bps,flows",
      "2026-01-01 10:00:00.100,00:00:04.500,UDP,10.0.0.1,9200,10.0.0.2,123,5,300,0,1",
    ],
    [
      "csv-fast",
      "cnt,af,firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,srcAS,dstAS,input,output,flags,srcTos,packets,bytes",
      "1,2,1767261600100,1767261604600,17,10.0.0.1,9200,10.0.0.2,123,0,0,0,0,........,0,5,300",
    ],
    [
      "1.7 and before",
      `${old},in,out`,
      "2026-01-01 10:00:00.100,2026-01-01 10:00:04.600,4.500,10.0.0.1,10.0.0.2,9200,123,UDP,........,0,0,5,300,0,0,0,0",
    ],
  ])("the layout of %s", (_, header, record) => {
    expect(flowsOf([header, record], utc)).toMatchObject([
      {
        ...{ initiator: "10.0.0.1", responder: "10.0.0.2", protocol: 17, port: 123, packets: 5, bytes: 300 },
        firstSeen: "2026-01-01T10:00:00.100000Z",
        lastSeen: "2026-01-01T10:00:04.600000Z",
      },
    ]);
  });

  test("times are local and without a zone: refused until it is said, summer time included", () => {
    const rows = [
      old,
      uniflow(a, b, "...AP...", "2026-07-01 10:00:00"),
      uniflow(a, b, "...AP...", "2026-01-01 10:00:00"),
    ];
    expect(() => observe(rows)).toThrow(/"2026-07-01 10:00:00" has no time zone: .*--timezone/);
    const [first] = flowsOf(rows, { timezone: "Europe/Zurich" });
    expect(first).toMatchObject({
      firstSeen: "2026-01-01T09:00:00.000000Z",
      lastSeen: "2026-07-01T08:00:04.500000Z",
    });
  });

  test("the summary is no flow; rows of another width are shown, and refuse the log", () => {
    const good = uniflow(a, b, "...AP...", "2026-01-01 10:00:00");
    const summary = ["Summary", "flows,bytes,packets,avg_bps,avg_pps,avg_bpp", "1,300,5,1,1,1"];
    const { baseline, warnings } = observe([old, good, "1,2,3", ...summary], utc);
    expect(baseline.sources[0]!.accounting).toEqual({
      ...{ unit: "lines", read: 6, used: 1 },
      ignored: { "header, summary or empty line": 4 },
      rejected: { "number of columns differs from the header": 1 },
    });
    expect(warnings).toMatchObject([
      { code: "baseline/rejects", severity: "error", message: expect.stringContaining("line 3: 1,2,3") },
    ]);
  });

  test.each([
    ["dp as type.code", "8.0"],
    ["dp as 256·type + code", "2048"],
  ])("ICMP: %s", (_, port) => {
    const ping = `2026-01-01 10:00:00,2026-01-01 10:00:09,4.5,10.0.0.1,10.0.0.2,0,${port},ICMP,........,0,0,5,300,0,0`;
    expect(flowsOf([old, ping], utc).map(line)).toEqual(["icmp 10.0.0.1 -> 10.0.0.2 8"]);
  });

  const record = {
    ...{ type: "FLOW", first: "2026-01-01T10:00:00.100", last: "2026-01-01T10:00:04.600", in_packets: 5 },
    ...{
      in_bytes: 300,
      proto: 17,
      src_port: 9200,
      dst_port: 123,
      src6_addr: "fd00::1",
      dst6_addr: "fd00::2",
    },
  };
  test.each([
    ["a list over many lines", JSON.stringify([record, { ...record, dst_port: 161 }], undefined, "\t")],
    ["an object a line", `${JSON.stringify(record)}\n${JSON.stringify({ ...record, dst_port: 161 })}\n`],
  ])("JSON: %s", (_, text) => {
    const { flows, sources } = observeText(text, utc).baseline;
    expect(flows.map(line)).toEqual(["udp fd00::1 -> fd00::2 123", "udp fd00::1 -> fd00::2 161"]);
    expect(sources[0]!.accounting).toMatchObject({ unit: "records", read: 2, used: 2 });
  });

  test.each([
    [
      "CSV",
      "firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,srcXIP,dstXIP,srcXPort,dstXPort\n" +
        "2026-01-01 10:00:00,2026-01-01 10:00:01,TCP,198.51.100.7,40000,203.0.113.1,443,5,300,198.51.100.7,10.0.0.10,40000,8443\n" +
        "2026-01-01 10:00:00,2026-01-01 10:00:01,TCP,10.0.0.10,8443,198.51.100.7,40000,4,250,203.0.113.1,198.51.100.7,443,40000\n" +
        "2026-01-01 10:00:00,2026-01-01 10:00:01,UDP,10.0.0.5,40001,10.9.0.1,514,1,60,0.0.0.0,0.0.0.0,0,0\n",
    ],
    [
      "JSON",
      JSON.stringify(
        [
          {
            src4_addr: "198.51.100.7",
            src_port: 40_000,
            dst4_addr: "203.0.113.1",
            dst_port: 443,
            in_packets: 5,
          },
          {
            src4_addr: "10.0.0.10",
            src_port: 8443,
            dst4_addr: "198.51.100.7",
            dst_port: 40_000,
            in_packets: 4,
          },
          { src4_addr: "10.0.0.5", src_port: 40_001, dst4_addr: "10.9.0.1", dst_port: 514, in_packets: 1 },
        ].map((flow, index) => ({
          ...{ type: "FLOW", proto: index === 2 ? 17 : 6, in_bytes: 60 },
          ...{ t_first: "2026-01-01T10:00:00.000", t_last: "2026-01-01T10:00:01.000" },
          ...flow,
          ...[
            {
              src4_xlt_ip: "198.51.100.7",
              dst4_xlt_ip: "10.0.0.10",
              src_xlt_port: "40000",
              dst_xlt_port: "8443",
            },
            {
              src4_xlt_ip: "203.0.113.1",
              dst4_xlt_ip: "198.51.100.7",
              src_xlt_port: "443",
              dst_xlt_port: "40000",
            },
            { src4_xlt_ip: "0.0.0.0", dst4_xlt_ip: "0.0.0.0", src_xlt_port: "0", dst_xlt_port: "0" },
          ][index],
        })),
      ),
    ],
  ])("behind destination NAT and before source NAT, in %s: both directions meet", (_, text) => {
    const { flows } = observeText(text, utc).baseline;
    expect(flows).toMatchObject([
      { initiator: "10.0.0.5", responder: "10.9.0.1", port: 514 },
      {
        ...{ initiator: "198.51.100.7", responder: "10.0.0.10", port: 8443, packets: 9, answered: true },
        firstSeen: "2026-01-01T10:00:00.000000Z",
      },
    ]);
  });

  test("`-B` turns around what only one end sent: who sent it is who asked, and never answered", () => {
    const rows = [
      "2026-01-01 10:00:00,2026-01-01 10:00:00,0.0,239.1.1.1,10.0.0.1,5000,9,UDP,........,0,0,0,0,1,58",
      "2026-01-01 10:00:00,2026-01-01 10:00:00,0.0,10.0.0.2,10.0.0.1,40000,1000,TCP,......S.,0,0,0,0,1,40",
    ];
    expect(flowsOf([old, ...rows], utc)).toMatchObject([
      {
        initiator: "10.0.0.1",
        responder: "10.0.0.2",
        port: 40_000,
        packets: 1,
        evidence: "syn",
        answered: false,
      },
      { initiator: "10.0.0.1", responder: "239.1.1.1", port: 5000, packets: 1, answered: false },
    ]);
  });

  test("`-B`: a SYN whose answer its sender never acknowledged is an attempt, as one that was refused", () => {
    const refused = uniflow(a, b, "......S.", "2026-01-01 10:00:00").replace("5,300,0,0", "1,40,1,40");
    expect(flowsOf([old, refused], utc)).toMatchObject([{ packets: 2, evidence: "syn", answered: false }]);
  });

  test("both directions in one record, with the flags of the refusal at the wrong end: still no answer", () => {
    const refused = uniflow(a, b, "...A.R..", "2026-01-01 10:00:00").replace("5,300,0,0", "1,60,1,40");
    expect(flowsOf([old, refused], utc)).toMatchObject([{ initiator: "10.0.0.1", answered: false }]);
  });

  test("ICMP in records of both directions: what was only received was sent by the other end", () => {
    const ping = (port: string, counts: string): string =>
      `2026-01-01 10:00:00,2026-01-01 10:00:09,4.5,10.0.0.1,10.0.0.2,0,${port},ICMP,........,0,0,${counts}`;
    expect(flowsOf([old, ping("2048", "3,252,0,0"), ping("0", "0,0,3,252")], utc)).toMatchObject([
      { initiator: "10.0.0.1", responder: "10.0.0.2", icmpType: 8, packets: 6, answered: true },
    ]);
  });

  test("ICMP of type 0 is a reply where other types are told, and else one whose type was not exported", () => {
    const ping = (ends: string, port: string): string =>
      `2026-01-01 10:00:00,2026-01-01 10:00:09,4.5,${ends},0,${port},ICMP,........,0,0,3,252,0,0`;
    const [there, back] = ["10.0.0.1,10.0.0.2", "10.0.0.2,10.0.0.1"];
    const untyped = observe([old, ping(there, "0"), ping(back, "0")], utc).baseline;
    expect(untyped.flows).toEqual([]);
    expect(untyped.sources[0]!.accounting).toMatchObject({
      ...{ read: 3, used: 0 },
      ignored: { "ICMP whose type the log does not tell": 2 },
    });
    const typed = observe([old, ping(back, "0"), ping(there, "2048")], utc).baseline;
    expect(typed.flows).toMatchObject([{ initiator: "10.0.0.1", icmpType: 8, packets: 6, answered: true }]);
    expect(typed.sources[0]!.accounting).toMatchObject({ read: 3, used: 2 });
  });

  test("ICMPv6 of type 0 is one whose type was not exported, and no error", () => {
    const ping =
      "2026-01-01 10:00:00,2026-01-01 10:00:09,4.5,fd00::1,fd00::2,0,0,ICMP6,........,0,0,5,300,0,0";
    expect(observe([old, ping], utc).baseline.sources[0]!.accounting.ignored).toMatchObject({
      "ICMP whose type the log does not tell": 1,
    });
  });

  test("records that were aggregated without a port or a protocol give no flows to port 0", () => {
    const zeros = (protocol: string, ports: string): string =>
      `2026-01-01 10:00:00,2026-01-01 10:00:09,4.5,10.0.0.1,10.0.0.2,${ports},${protocol},........,0,0,5,300,0,0`;
    const pairs = observe([old, zeros("0", "0,0"), zeros("TCP", "0,0")], utc);
    expect(pairs.baseline.flows).toEqual([]);
    expect(pairs.baseline.sources[0]!.accounting.ignored).toMatchObject({
      "protocol 0: not exported, or aggregated without it": 1,
      "ports 0: a later fragment, or exported or aggregated without them": 1,
    });
    expect(pairs.warnings).toMatchObject([{ code: "baseline/nothing-used", severity: "warning" }]);
    expect(observe([old, zeros("UDP", "0,53")], utc).warnings).toMatchObject([
      {
        code: "baseline/rejects",
        severity: "error",
        message: expect.stringContaining("aggregated without it"),
      },
    ]);
  });

  test("an export without records is no fault", () => {
    expect(observe([old, "No matching flows"], utc).warnings).toEqual([]);
    for (const text of ["[\nNo matching flows\n]\n", "[]"]) expect(observe([text]).warnings).toEqual([]);
  });

  test.each([
    ["no header (-q)", row("10.0.0.1 10.0.0.2", "9200 123", "........", "2026-01-01 10:00:00")],
    ["no header, of 1.7.4", "2026-01-01 10:00:00.100,4.500,UDP,10.0.0.1,9200,10.0.0.2,123,5,300,0,1"],
    [
      "statistics (-s)",
      "ts,te,td,pr,val,fl,flP,ipkt,ipktP,ibyt,ibytP,ipps,ibps,ibpp\n2026-01-01 10:00:00,2026-01-01 10:00:01,1,any,10.0.0.1,1,1,1,1,1,1,1,1,1",
    ],
  ])("a table that does not name its columns, or counts otherwise, is refused: %s", (_, text) => {
    expect(() => observeText(`${text}\n`, utc)).toThrow(
      /nfdump without the header .* or one of its statistics/,
    );
  });

  test("JSON that was cut short is used up to there", () => {
    const { baseline, warnings } = observeText(JSON.stringify([record, record]).slice(0, -30), utc);
    expect(baseline.sources[0]!.accounting).toMatchObject({ read: 2, used: 1 });
    expect(warnings).toMatchObject([{ code: "baseline/cut-short", severity: "warning" }]);
  });
});
