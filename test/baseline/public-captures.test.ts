import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { propose } from "../../src/baseline/propose/propose.ts";
import { readSite } from "../../src/policy/read.ts";
import { line, lines, observeBytes } from "./support/observe.ts";
import { hasTraffic, needsTraffic, readTraffic, traffic } from "./support/shared.ts";

describe.skipIf(!hasTraffic)(`public captures and logs${needsTraffic}`, () => {
  test("plant1: 29 flows over 48,501 packets, from the control room to the PLCs", () => {
    const { baseline } = observeBytes([readTraffic("pcap/plant1-merged.pcap")]);
    expect(baseline.flows.length).toBe(29);
    expect(baseline.sources[0]!.accounting).toMatchObject({ read: 48_501, used: 48_501 });
    expect(new Set(baseline.flows.map(({ initiator }) => initiator))).toEqual(new Set(["141.81.0.10"]));
    expect(new Set(baseline.flows.map(({ port }) => port))).toEqual(new Set([102, 502, 44_818]));
  });

  test("lemay: the master polls six RTUs every ten seconds", () => {
    const { flows } = observeBytes([readTraffic("pcap/lemay-modbus-6rtu-characterization.pcap")]).baseline;
    const polls = flows.filter(({ initiator, port }) => initiator === "192.168.1.100" && port === 502);
    expect(polls.map(({ cadence }) => cadence?.period?.toFixed(1))).toEqual(new Array(6).fill("10.0"));
  });

  test("lemay: the odd session of Windows' file sharing is a question, and no permit", () => {
    const zone = (id: string, network: string): string =>
      `  ${id}: { level: 1, sl-target: 1, networks: [${network}] }`;
    const { value } = readSite(
      [
        "sluice: 1",
        "site: { name: lemay, timezone: UTC }",
        "zones:",
        zone("master", "192.168.1.100/32"),
        zone("rtus", "192.168.1.101/32, 192.168.1.102/31, 192.168.1.104/30"),
        "conduits: { polls: { zones: [master, rtus], firewalls: [fw1] } }",
        'firewalls: { fw1: { target: example, address: 192.0.2.1, ssh: { user: root, host-keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGI9NMskBXVPQJQXk2lTA5aVs4P17eGVGi/6R1hxpvp3 fw1"] } } }',
      ].join("\n"),
      "site.yaml",
      { example: { bootFile: "/etc/sluice.rules", bootEntry: "/etc/rules" } },
    );
    const { baseline } = observeBytes([readTraffic("pcap/lemay-modbus-6rtu-characterization.pcap")]);
    const { conduits, questions } = propose(baseline, value!);
    expect(conduits.flatMap(({ permits }) => permits.flatMap(({ services }) => services))).toEqual([
      "modbus",
    ]);
    expect(questions).toMatchObject([
      { kind: "seen-once", text: expect.stringContaining("192.168.1.104 -> 192.168.1.100 tcp 139") },
    ]);
  });

  test("qut: of 24 hours of a substation, a router carries nothing", () => {
    const { flows, sources } = observeBytes([
      readTraffic("pcap/qut-substation-24h-control-goose-broadcast.pcap.gz"),
    ]).baseline;
    expect(new Set(flows.map(({ notRoutable }) => notRoutable))).toEqual(new Set(["broadcast", "multicast"]));
    expect(sources[0]!.accounting.ignored).toMatchObject({ "not IP: GOOSE (IEC 61850-8-1)": 262_671 });
  });

  test("iec61850: a tag of VLAN 0 has a priority and no VLAN", () => {
    const { flows, links } = observeBytes([readTraffic("pcap/iec61850-iedscout-vlan.pcap")]).baseline;
    expect(flows.map(line)).toContain("tcp 192.168.10.15 -> 192.168.10.10 102");
    expect(links!.length).toBeGreaterThan(0);
    expect(links!.filter(({ vlan }) => vlan !== undefined)).toEqual([]);
  });

  test.each([
    ["unicast", undefined],
    ["multicast", "multicast"],
  ] as const)(
    "kenexis, %s: the answers of a class 1 connection come every ten milliseconds",
    (kind, notRoutable) => {
      const { flows } = observeBytes([readTraffic(`pcap/kenexis-enip-baseline-${kind}.pcap`)]).baseline;
      const cyclic = flows.filter(({ port }) => port === 2222);
      expect(cyclic.map(({ cadence }) => cadence?.period?.toFixed(2))).toEqual(cyclic.map(() => "0.01"));
      expect(cyclic.map((flow) => flow.notRoutable)).toContain(notRoutable);
    },
  );

  test("profinet: what stays on its link is told by name, and the copies of the mirror port count once", () => {
    const { sources } = observeBytes([readTraffic("pcap/profinet-l2-mixed.pcap")]).baseline;
    expect(sources[0]!.accounting.ignored).toMatchObject({
      "not IP: PROFINET RT": 164,
      "not IP: LLDP": 201,
      "seen at a second observation point": 530,
    });
  });

  test.each(["line", "extended"])("nfdump's text for humans (%s) is refused with the remedy", (form) => {
    expect(() => observeBytes([readTraffic(`nfdump/plant1.${form}.txt`)])).toThrow(/nfdump -o csv/);
  });

  test("a capture and a log of the same traffic count once", () => {
    const capture = readTraffic("pcap/plant1-merged.pcap");
    const { flows, findings } = observeBytes([
      capture,
      readTraffic("zeek/zeeklike-plant1-merged.conn.log"),
    ]).baseline;
    const once = observeBytes([capture]).baseline.flows;
    expect(flows.map(line)).toEqual(once.map(line));
    expect(flows.map(({ connections, packets }) => [connections, packets])).toEqual(
      once.map(({ connections, packets }) => [connections, packets]),
    );
    expect(findings).toMatchObject([/^file 2 has \d+ of the conversations of file 1/]);
  });

  test.each([
    ["GENUINE-zeek-bacnet-40hosts.tuples-only.conn.log", "bacnet-40hosts.pcap"],
    ["zeeklike-plant1-merged.conn.log", "plant1-merged.pcap"],
    ["zeeklike-plant1-merged.conn.json.log", "plant1-merged.pcap"],
    ["zeeklike-lemay-modbus-6rtu-characterization.conn.log", "lemay-modbus-6rtu-characterization.pcap"],
    ["zeeklike-kenexis-enip-baseline-unicast.conn.json.log", "kenexis-enip-baseline-unicast.pcap"],
    ["zeeklike-qut-substation-24h.conn.log", "qut-substation-24h-control-goose-broadcast.pcap.gz"],
  ])("the log %s and the capture %s have the same flows", (log, capture) => {
    const fromLog = lines([readTraffic(`zeek/${log}`)]);
    expect(fromLog.length).toBeGreaterThan(0);
    expect(lines([readTraffic(`pcap/${capture}`)]).filter((flow) => !/^igmp /.test(flow))).toEqual(fromLog);
  });

  const conntrack = [
    "conntrack-E.timestamp-extended-id.log",
    "conntrack-E.xml",
    "conntrack-L.extended.txt",
    "conntrack-L.id-timestamp.txt",
    "conntrack-L.plain.txt",
    "conntrack-L.xml",
    "proc_nf_conntrack.txt",
  ].map((name) => `conntrack/plant1/${name}`);
  test.each([
    "nfdump/plant1.nfdump-1.7.1.csv",
    "nfdump/plant1.nfdump-1.7.1.json",
    "eve/evelike-plant1-merged.eve.json",
    ...conntrack,
    "ulogd/plant1/ulogd-nfct.ndjson",
    "ulogd/plant1/ulogd-nflog.ndjson",
    "kernel-log/plant1.dmesg.log",
    "kernel-log/plant1.dmesg-T.log",
  ])("plant1 has the same 29 flows in %s", (log) => {
    const { baseline, warnings } = observeBytes([readTraffic(log)], undefined, { timezone: "UTC" });
    const { flows, sources } = baseline;
    expect(flows.map(line)).toEqual(lines([readTraffic("pcap/plant1-merged.pcap")]));
    expect(flows.every(({ answered }) => answered)).toBe(true);
    expect(sources[0]!.accounting.rejected).toEqual({});
    // Plain dmesg counts from the start of the host.
    const untimed = log.endsWith("dmesg.log") ? ["baseline/no-times"] : [];
    expect(warnings.map(({ code }) => code)).toEqual(untimed);
  });

  test.each([
    ["nfdump/plant1.nfdump-1.7.1.json"],
    ["conntrack/plant1/conntrack-L.plain.txt"],
    ["ulogd/plant1/ulogd-nfct.ndjson"],
  ])("plant1 has the same packets and bytes in %s", (log) => {
    const figures = (file: Uint8Array) =>
      observeBytes([file], undefined, { timezone: "UTC" }).baseline.flows.map(({ packets, bytes }) => [
        packets,
        bytes,
      ]);
    expect(figures(readTraffic(log))).toEqual(figures(readTraffic("pcap/plant1-merged.pcap")));
  });

  test("suricata: genuine events, with times of their own and everything else counted apart", () => {
    const { baseline, warnings } = observeBytes([readTraffic("eve/slips-test6.eve.json")]);
    expect(baseline.sources[0]!.accounting).toEqual({
      ...{ unit: "lines", read: 5000, used: 3512, rejected: {} },
      ignored: { "event of another type than flow": 1488 },
    });
    expect(baseline.sources[0]!.lastSeen).toBe("2021-06-07T13:56:09.886725Z");
    expect(warnings).toEqual([]);
  });

  test("rita: a foreign first column shifts nothing, and every line is accounted for", () => {
    const names = readdirSync(join(traffic, "zeek/rita-3day"));
    const files = names.map((name) => readTraffic(`zeek/rita-3day/${name}`));
    const { baseline } = observeBytes(files);
    const count = (file: Uint8Array): number => Buffer.from(file).toString("utf8").split("\n").length - 1;
    expect(baseline.sources.map(({ accounting }) => accounting.read)).toEqual(files.map(count));
    const { flows } = baseline;
    const web = flows.find((flow) => line(flow) === "tcp 167.94.138.145 -> 64.225.56.201 6008");
    expect(web).toMatchObject({ connections: 1, packets: 2, bytes: 100, evidence: "syn", answered: false });
    expect(baseline.sources.every(({ accounting }) => Object.keys(accounting.rejected).length === 0)).toBe(
      true,
    );
  });

  test("slips: white space before the header, and times that start at zero", () => {
    const { flows } = observeBytes([readTraffic("zeek/slips-test10-mixed-ipv6.conn.log")]).baseline;
    expect(flows.map(line)).toContain(
      "udp 2001:718:2:1663:dc58:6d9:ef13:51a5 -> 2001:718:2:1611:0:1:0:90 53",
    );
    const json = observeBytes([readTraffic("zeek/slips-test9-mixed.conn.json.log")]).baseline;
    expect(json.sources[0]!.firstSeen).toBe("1970-01-01T00:00:22.333203Z");
    expect(json.flows.map(line)).toContain("tcp 10.0.2.15 -> 195.113.232.73 80");
  });

  test("opcua: loopback traffic of both families is told apart from routable traffic", () => {
    const { flows } = observeBytes([readTraffic("pcap/opcua-binary-ipv6-loopback.pcap")]).baseline;
    expect(
      flows.filter(({ port }) => port === 4840).map(({ initiator, notRoutable }) => [initiator, notRoutable]),
    ).toEqual([
      ["127.0.0.1", "loopback"],
      ["192.168.224.102", undefined],
      ["192.168.224.105", undefined],
      ["::1", "loopback"],
    ]);
  });
});
