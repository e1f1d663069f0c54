import { describe, expect, test } from "vitest";
import type { ClockSettings } from "../../src/baseline/sources/clock.ts";
import { line, observeBytes, observeText } from "./support/observe.ts";

const observe = (lines: readonly string[], clock?: ClockSettings) =>
  observeText(`${lines.join("\n")}\n`, clock);
const flowsOf = (lines: readonly string[], clock?: ClockSettings) => observe(lines, clock).baseline.flows;

const packet =
  "MONITOR dmz-cell1 IN=eth0 OUT=eth1 MAC=02:00:00:00:0b:00:02:00:00:00:00:01:08:00 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 " +
  "TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=40000 DPT=9100 WINDOW=64240 RES=0x00 SYN URGP=0 ";

describe("packets that nftables and iptables log", () => {
  const settings = { timezone: "Europe/Zurich", year: 2026 };
  test.each([
    ["dmesg -T", `[Sat Nov 21 18:40:37 2026] ${packet}`],
    ["dmesg --time-format iso", `2026-11-21T18:40:37,000000+01:00 ${packet}`],
    ["syslog (RFC 3164)", `Nov 21 18:40:37 fw1 kernel: [ 1560.600937] ${packet}`],
    ["syslog with its priority", `<4>Nov 21 18:40:37 fw1 kernel: ${packet}`],
    ["syslog over TCP", `123 <4>Nov 21 18:40:37 fw1 kernel: ${packet}`],
    ["dmesg -x -T", `kern  :warn  : [Sat Nov 21 18:40:37 2026] ${packet}`],
    ["syslog with a year", `Nov 21 2026 18:40:37 fw1 kernel: ${packet}`],
    ["syslog (RFC 5424)", `<4>1 2026-11-21T17:40:37.000000Z fw1 kernel - - - ${packet}`],
    ["rsyslog's file format", `2026-11-21T18:40:37.000000+01:00 fw1 kernel: ${packet}`],
    ["journalctl -o short-iso", `2026-11-21T18:40:37+0100 fw1 kernel: ${packet}`],
    ["journalctl -o short-full", `Sat 2026-11-21 18:40:37 CET fw1 kernel: ${packet}`],
    ["journalctl -o short-full in UTC", `Sat 2026-11-21 17:40:37 UTC fw1 kernel: ${packet}`],
    ["logread of OpenWrt", `Sat Nov 21 18:40:37 2026 kern.warn kernel: [ 1560.600937] ${packet}`],
    ["syslog that begins with the year", `2026 Nov 21 18:40:37 fw1 kernel: ${packet}`],
    ["a date with slashes", `2026/11/21 18:40:37 fw1 kernel: ${packet}`],
    ["journalctl -o short-unix", `1795282837.000000 fw1 kernel: ${packet}`],
    ["seconds since 1970", `1795282837 fw1 kernel: ${packet}`],
    ["milliseconds since 1970", `1795282837000 fw1 kernel: ${packet}`],
    ["microseconds since 1970", `1795282837000000 fw1 kernel: ${packet}`],
    ["nanoseconds since 1970", `1795282837000000000 fw1 kernel: ${packet}`],
    ["journalctl -o json", JSON.stringify({ __REALTIME_TIMESTAMP: "1795282837000000", MESSAGE: packet })],
    [
      "journalctl -o json-seq",
      `\u001e${JSON.stringify({ __REALTIME_TIMESTAMP: "1795282837000000", MESSAGE: packet })}`,
    ],
    [
      "journalctl -o json with bytes",
      JSON.stringify({ __REALTIME_TIMESTAMP: "1795282837000000", MESSAGE: [...Buffer.from(packet)] }),
    ],
  ])("%s: the same packet at the same time", (_, text) => {
    expect(flowsOf([text], settings)).toMatchObject([
      {
        ...{ initiator: "10.0.0.1", responder: "10.0.0.2", port: 9100, packets: 1, bytes: 60 },
        ...{ evidence: "syn", answered: false, firstSeen: "2026-11-21T17:40:37.000000Z" },
      },
    ]);
  });

  /** An entry as `journalctl -o export` prints it, its message as text or, with anything odd in it, behind its length. */
  const exported = (second: number, message: string, odd = false): Buffer => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(message)));
    const head = `__CURSOR=s=1;i=${second}\n__REALTIME_TIMESTAMP=${1_795_282_837 + second}000000\nPRIORITY=4\n`;
    return Buffer.concat([
      Buffer.from(`${head}${odd ? "MESSAGE\n" : `MESSAGE=${message}\n`}`),
      ...(odd ? [length, Buffer.from(`${message}\n`)] : []),
      Buffer.from("_TRANSPORT=kernel\n\n"),
    ]);
  };

  test("journalctl -o export: each entry with its time, whether its message is plain text or not", () => {
    const bytes = Buffer.concat([
      exported(0, packet),
      exported(1, "usb 1-1: new device\n\n__REALTIME_TIMESTAMP=1\nMESSAGE=no field", true),
      exported(60, `${packet}\u0007\n`, true),
    ]);
    for (const size of [1, 7, bytes.length]) {
      const { flows, sources } = observeBytes([bytes], [size]).baseline;
      expect(flows).toMatchObject([
        {
          ...{ port: 9100, packets: 2, bytes: 120 },
          ...{ firstSeen: "2026-11-21T17:40:37.000000Z", lastSeen: "2026-11-21T17:41:37.000000Z" },
        },
      ]);
      expect(sources[0]!.accounting).toMatchObject({
        ...{ unit: "records", read: 3, used: 2, ignored: { "not a packet of a firewall's log": 1 } },
      });
    }
  });

  test("a journal's export that was cut short is used as far as it goes, and one that is damaged is refused", () => {
    const whole = Buffer.concat([exported(0, packet), exported(1, packet, true)]);
    const { baseline, warnings } = observeBytes([whole.subarray(0, whole.length - 40)]);
    expect(baseline.flows).toMatchObject([{ packets: 1 }]);
    expect(warnings).toMatchObject([{ code: "baseline/cut-short" }]);
    expect(() =>
      observeBytes([Buffer.concat([exported(0, packet), Buffer.from("no field\n12345678\n")])]),
    ).toThrow(/byte \d+ should begin a field of a journal/);
  });

  test("listings of a journal that part a message from its time are refused, with what to export instead", () => {
    const verbose = `Sat 2026-11-21 18:40:37.000000 CET [s=${"0".repeat(32)};i=1;b=2]\n    PRIORITY=4\n    MESSAGE=${packet}`;
    const events = `data: ${JSON.stringify({ __CURSOR: "s=1", MESSAGE: packet })}\n`;
    for (const text of [verbose, events]) expect(() => observe([text])).toThrow(/`journalctl -o export`/);
  });

  test.each([
    ["`nfdump -o raw`", "\nFlow Record: \n  RecordCount  =                 1\n", /`nfdump -o csv`/],
    ["`nfdump -o pipe`", "2|1795727870081|1795727870081|6|0|0|0|172818690|42332", /`nfdump -o csv`/],
    [
      "`conntrack -o save`",
      "-A -t 118 -u SEEN_REPLY,ASSURED -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p tcp --sport 4 --dport 5",
      /`conntrack -L -o ktimestamp`/,
    ],
    ["rsyslog's debug format", `Debug line with all properties:\nmsg: ' ${packet}'`, /RSYSLOG_FileFormat/],
    ["`journalctl -o json-pretty`", `{\n\t"MESSAGE" : "${packet}"\n}`, /jq -c/],
  ])("%s is refused, with what to give instead", (_, text, remedy) => {
    expect(() => observe([text])).toThrow(remedy);
  });

  test("plain dmesg counts from the start of the host: the flow has no time", () => {
    const [flow] = flowsOf([`[ 1560.600937] ${packet}`]);
    expect(line(flow!)).toBe("tcp 10.0.0.1 -> 10.0.0.2 9100");
    expect(flow!.firstSeen).toBeUndefined();
  });

  test("a time without a year or zone is refused until it is said", () => {
    const text = `Nov 21 18:40:37 fw1 kernel: ${packet}`;
    expect(() => observe([text], { timezone: "UTC" })).toThrow(/"Nov 21 18:40:37" has no year: .*--year/);
    expect(() => observe([text], { year: 2026 })).toThrow(/"Nov 21 18:40:37" has no time zone: .*--timezone/);
  });

  test("a log over New Year goes on in the next year, and a late line stays in the old one", () => {
    const times = ["Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:59", "Jan  1 00:00:02"];
    const [flow] = flowsOf(
      times.map((time) => `${time} fw1 kernel: ${packet}`),
      { timezone: "UTC", year: 2025 },
    );
    expect(flow).toMatchObject({
      firstSeen: "2025-12-31T23:59:59.000000Z",
      lastSeen: "2026-01-01T00:00:02.000000Z",
    });
  });

  test("a log over the end of summer time goes on, though an hour comes twice; a late line stays in the first", () => {
    const times = ["02:30:00", "02:59:59", "02:00:01", "02:30:00", "02:59:59", "03:00:00", "02:59:59"];
    const seen = (forms: (time: string) => string) =>
      times.map((_, index) => {
        const lines = times.slice(0, index + 1).map((time) => `${forms(time)} fw1 kernel: ${packet}`);
        return flowsOf(lines, settings)[0]!.lastSeen!.slice(11, 19);
      });
    const utc = ["00:30:00", "00:59:59", "01:00:01", "01:30:00", "01:59:59", "02:00:00", "02:00:00"];
    expect(seen((time) => `Oct 25 ${time}`)).toEqual(utc);
    expect(seen((time) => `2026-10-25 ${time}`)).toEqual(utc);
  });

  test("the length is that of the IP packet, not the one that UDP repeats", () => {
    const udp =
      "IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 LEN=229 TOS=0x00 TTL=127 ID=5 PROTO=UDP SPT=1000 DPT=161 LEN=209 ";
    expect(flowsOf([udp])).toMatchObject([{ protocol: 17, port: 161, bytes: 229 }]);
  });

  test("a prefix without a space, IPv6, a frame to everyone", () => {
    const found = flowsOf([
      "DROP:IN=a OUT=b SRC=fd00:0000:0000:0000:0000:0000:0000:0001 DST=fd00:0000:0000:0000:0000:0000:0000:0002 LEN=104 TC=0 HOPLIMIT=63 FLOWLBL=0 PROTO=ICMPv6 TYPE=128 CODE=0 ID=1 SEQ=1 ",
      "IN=a OUT=b MAC=ff:ff:ff:ff:ff:ff:02:00:00:00:00:01:08:00 SRC=10.0.0.1 DST=10.0.0.127 LEN=60 PROTO=UDP SPT=9 DPT=1000 LEN=40 ",
    ]);
    expect(found.map(line)).toEqual(["udp 10.0.0.1 -> 10.0.0.127 1000", "icmpv6 fd00::1 -> fd00::2 128"]);
    expect(found[0]).toMatchObject({ notRoutable: "broadcast" });
  });

  test("an ICMP error is not taken for the packet that it quotes; other messages and fragments are counted apart", () => {
    const { sources } = observe([
      "IN=a OUT=b SRC=10.0.0.9 DST=10.0.0.1 LEN=88 PROTO=ICMP TYPE=3 CODE=3 [SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=UDP SPT=5 DPT=502 LEN=40 ] ",
      "usb 1-1: new high-speed USB device",
      "IN=a OUT=b SRC=10.0.0.1 DST=10.0.0.2 LEN=500 ID=7 FRAG:185 PROTO=UDP ",
    ]).baseline;
    expect(sources[0]!.accounting).toMatchObject({
      used: 0,
      ignored: {
        "ICMP error: belongs to the flow that it reports on": 1,
        "fragment without a transport header": 1,
        "not a packet of a firewall's log": 1,
      },
    });
  });

  test("an answer turns the direction, an acknowledgement without payload is no request", () => {
    const packets = ["ACK SYN", "ACK", "ACK PSH"].map((flags, index) =>
      `170000000${index}.000000 fw kernel: ${packet}`
        .replace("SRC=10.0.0.1 DST=10.0.0.2", "SRC=10.0.0.2 DST=10.0.0.1")
        .replace("SPT=40000 DPT=9100", "SPT=9100 DPT=40000")
        .replace("SYN", flags),
    );
    expect(flowsOf(packets)).toMatchObject([
      {
        initiator: "10.0.0.1",
        responder: "10.0.0.2",
        port: 9100,
        packets: 3,
        answered: true,
        evidence: "syn",
      },
    ]);
  });

  test("a log in which no packet stands for long is read all the same", () => {
    const others = Array.from(
      { length: 500 },
      () => "Nov 21 18:40:37 fw1 sshd[7]: Connection closed by 192.0.2.7 port 9",
    );
    const { sources } = observe([...others, `Nov 21 18:40:37 fw1 kernel: ${packet}`], settings).baseline;
    expect(sources[0]!.accounting).toMatchObject({ read: 501, used: 1 });
  });

  test.each([
    ["ACK PSH", true],
    ["ACK", false],
  ])("in the middle of a session, %s alone shows an answer: %s", (flags, answered) => {
    expect(flowsOf([packet.replace("SYN", flags)])).toMatchObject([{ answered }]);
  });

  const time = "1795282837.0 fw kernel: ";
  const udp = packet.replace(/PROTO=.*/, "PROTO=UDP SPT=40000 DPT=9100 LEN=40 ");
  const ping = packet.replace(/PROTO=.*/, "PROTO=ICMP TYPE=13 CODE=0 ID=1 SEQ=1 ");
  const overIpv6 = packet.replaceAll(/(SRC|DST)=10.0.0.(.)/g, "$1=fd00:0000:0000:0000:0000:0000:0000:000$2");
  test.each([
    ["TCP", packet, "tcp 10.0.0.1 -> 10.0.0.2 9100"],
    ["TCP over IPv6", overIpv6, "tcp fd00::1 -> fd00::2 9100"],
    ["UDP", udp, "udp 10.0.0.1 -> 10.0.0.2 9100"],
    ["ICMP", ping, "icmp 10.0.0.1 -> 10.0.0.2 13"],
  ])(
    "a line of %s that is cut anywhere gives its flow or none, and never another one",
    (_, whole, expected) => {
      const cuts = Array.from({ length: whole.length }, (_, length) => whole.slice(0, length));
      const outcomes = cuts.map((cut) => observe([`${time}hello`, time + cut]).baseline);
      for (const { flows } of outcomes) expect([[], [expected]]).toContainEqual(flows.map(line));
      // From the first address on it is a packet's line beyond doubt, and so its loss is shown.
      for (const { flows, sources } of outcomes.slice(whole.indexOf("DST="))) {
        const { rejected } = sources[0]!.accounting;
        if (flows.length === 0) expect(rejected).toEqual({ "line of a packet that was cut short": 1 });
      }
      expect(outcomes.filter(({ flows }) => flows.length > 0).length).toBeGreaterThan(0);
    },
  );

  test("two packets that run into one line are not mixed", () => {
    const { baseline } = observe([`${time}${packet.slice(0, packet.indexOf("SPT="))}[ 12.5] ${udp}`]);
    expect(baseline.flows).toEqual([]);
    expect(baseline.sources[0]!.accounting.rejected).toEqual({ "several packets in one line": 1 });
  });

  test("a protocol whose ports the kernel does not print, and a header that a packet does not hold, are counted", () => {
    const sctp = packet.replace(/PROTO=.*/, "PROTO=132 ");
    const incomplete = packet.replace(/PROTO=.*/, "PROTO=UDP INCOMPLETE [4 bytes] ");
    const arp = "IN=eth0 OUT= ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=02:00:00:00:00:01 IPSRC=10.0.0.1";
    expect(observe([sctp, incomplete, arp]).baseline.sources[0]!.accounting).toMatchObject({
      used: 0,
      ignored: {
        "ports that the log does not tell": 1,
        "fragment without a transport header": 1,
        "packet without addresses: not IP, or its line was cut short": 1,
      },
    });
  });

  test("the header of a tunnel, which stands where others have cards, is none", () => {
    const left = packet.replace(
      /MAC=\S+/,
      "MAC=45:00:00:50:00:00:40:00:40:29:11:22:c0:a8:00:01 TUNNEL=192.0.2.1->192.0.2.2",
    );
    expect(observe([time + left]).baseline.links).toBeUndefined();
  });

  test("packets whose time is not read are told of", () => {
    const { warnings } = observe([time + packet, `21.11.2026 18:40:37 ${packet}`]);
    expect(warnings).toMatchObject([{ code: "baseline/no-times", severity: "warning" }]);
    expect(warnings[0]!.message).toContain("read here: 1;");
  });

  test("a line that is broken is shown, and refuses the log", () => {
    const at = "1795282837.0 fw kernel: ";
    const { warnings } = observe([at + packet, at + packet.replace("10.0.0.2", "10.0.0.\x1b[2J")]);
    expect(warnings).toMatchObject([{ code: "baseline/rejects", severity: "error" }]);
    expect(warnings[0]!.message).toContain("not an address: line 2: 1795282837.0 fw kernel: MONITOR");
    expect(warnings[0]!.message).not.toContain("\x1b");
  });
});

describe("the filter log of pfSense and OPNsense", () => {
  const utc = { timezone: "UTC", year: 2026 };
  const tcp = "4,0x0,,64,1,0,DF,6,tcp,60,10.0.0.1,10.0.0.2,40000,9100,0,S,1,,64240,,mss";
  test.each([
    ["pfSense, syslog", `Nov 21 18:40:37 fw filterlog[77]: 88,,,1616862898,em3.20,match,pass,in,${tcp}`],
    [
      "pfSense, a match rule",
      `Nov 21 18:40:37 fw filterlog[77]: 88,,,3616862898,em3.20,match,unkn(%u),in,${tcp}`,
    ],
    [
      "pfSense, RFC 5424",
      `<134>1 2026-11-21T18:40:37.000000+00:00 fw filterlog 77 - - 88,,,161,em3,match,pass,in,${tcp}`,
    ],
    [
      "OPNsense, a label for the rule",
      `<134>1 2026-11-21T18:40:37+00:00 fw filterlog 77 - [meta sequenceId="9"] 88,,,fae559338f65e11c53669fc3642c93c2,igb0,match,pass,in,${tcp}`,
    ],
  ])("%s", (_, text) => {
    expect(flowsOf([text], utc)).toMatchObject([
      {
        ...{ initiator: "10.0.0.1", responder: "10.0.0.2", port: 9100, bytes: 60, evidence: "syn" },
        firstSeen: "2026-11-21T18:40:37.000000Z",
      },
    ]);
  });

  const stamp = "2026-11-21T18:40:37Z fw filterlog[77]: ";
  test.each([
    ["TCP", `88,,,1616862898,em3,match,pass,in,${tcp}`, "tcp 10.0.0.1 -> 10.0.0.2 9100"],
    [
      "UDP over IPv6",
      "5,,,1,em0,match,pass,in,6,0x00,0x00000,64,UDP,17,72,fd00::1,fd00::2,40000,9100,64",
      "udp fd00::1 -> fd00::2 9100",
    ],
  ])(
    "a line of %s that is cut anywhere gives its flow or none, and never another one",
    (_, whole, expected) => {
      const outcomes = Array.from(
        whole,
        (_, length) => observe([`${stamp}hello`, stamp + whole.slice(0, length)]).baseline,
      );
      for (const { flows } of outcomes) expect([[], [expected]]).toContainEqual(flows.map(line));
      expect(outcomes.filter(({ flows }) => flows.length > 0).length).toBeGreaterThan(0);
    },
  );

  test("IPv6 gives the length of the payload, ICMP a word for its type", () => {
    const head = "<134>1 2026-11-21T18:40:37Z fw filterlog 77 - - 5,,,1,em0,match,pass,in,";
    const found = flowsOf([
      `${head}6,0x00,0x00000,64,UDP,17,72,fd00::1,fd00::2,5000,161,64`,
      `${head}4,0x0,,64,1,0,none,1,icmp,84,10.0.0.1,10.0.0.2,request,7,1`,
    ]);
    expect(found.map(line)).toEqual(["icmp 10.0.0.1 -> 10.0.0.2 8", "udp fd00::1 -> fd00::2 161"]);
    expect(found[1]!.bytes).toBe(112);
  });

  test("ICMPv6 whose type the log leaves out is no flow, and no broken line", () => {
    const text =
      "<134>1 2026-11-21T18:40:37Z fw filterlog 77 - - 5,,,1,em0,match,pass,in,6,0x00,0x0,255,ICMPv6,58,32,fe80::1,ff02::1,";
    const { baseline, warnings } = observe([text]);
    expect(baseline.sources[0]!.accounting.ignored).toEqual({ "ICMP whose type the log does not tell": 1 });
    expect(warnings).toMatchObject([{ code: "baseline/nothing-used", severity: "warning" }]);
  });

  test("what ICMP says in words belongs to the line, and SCTP is one whose ports filterlog does not tell", () => {
    const head = "Nov 21 18:40:37 filterlog[77]: 5,,,1,em0,match,pass,in,4,0x0,,64,1,0,none,";
    const { baseline, warnings } = observe(
      [
        `${head}1,icmp,84,10.0.0.1,10.0.0.2,request,7,1`,
        `${head}1,icmp,84,10.0.0.2,10.0.0.1,unreach,ICMP host 10.0.0.9 unreachable`,
        `${head}132,sctp,64,10.0.0.1,10.0.0.2,datalength=44`,
        "Nov 21 18:40:37 filterlog[77]: cannot open pflog0, trying again",
      ],
      utc,
    );
    expect(baseline.sources[0]!.accounting).toMatchObject({
      ...{ used: 1, rejected: {} },
      ignored: {
        "ICMP error: belongs to the flow that it reports on": 1,
        "ports that the log does not tell": 1,
        "not a packet of a firewall's log": 1,
      },
    });
    expect(warnings).toEqual([]);
  });

  test("multicast, CARP and tunnels by their number; what stands behind an IPv6 extension header is not told", () => {
    const head = "<134>1 2026-11-21T18:40:37Z fw filterlog 77 - - 5,,,1,em0,match,pass,in,";
    const { baseline, warnings } = observe([
      `${head}4,0xc0,,1,1,0,none,2,igmp,32,10.0.0.2,224.0.0.22,datalength=8`,
      `${head}4,0xe0,,255,0,0,DF,112,carp,56,10.0.0.2,224.0.0.18,advertise,255,1,2,0,1`,
      `${head}4,0x0,,64,1,0,none,47,gre,84,10.0.0.2,10.0.0.1,datalength=64`,
      `${head}6,0x00,0x00000,1,Options,0,56,fe80::1,ff02::16,HBH,RTALERT,0x0000,PADN,`,
      `${head}6,0x00,0x00000,1,HBH,0,36,fe80::1,ff02::16,HBH,PADN,RTALERT,0x0000,`,
    ]);
    expect(baseline.flows.map(({ protocol, notRoutable }) => [protocol, notRoutable])).toEqual([
      [47, undefined],
      [112, "multicast"],
      [2, "multicast"],
    ]);
    expect(baseline.sources[0]!.accounting).toMatchObject({
      ignored: { "IPv6 extension header: the log does not tell what follows it": 2 },
      rejected: {},
    });
    expect(warnings).toEqual([]);
  });
});
