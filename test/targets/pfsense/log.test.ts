import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readLogLine, readRecord } from "../../../targets/pfsense/log.ts";

const file = "../shared/data/pfsense/filterlog-synthetic-match.log";
const head = "Nov 21 18:00:01 fw filterlog[77]: ";
const four = (rest: string, { anchor = "", tracker = 3616862898, action = "block" } = {}): string =>
  `${head}88,,${anchor},${tracker},em3.20,match,${action},in,4,0x0,,64,1,0,DF,${rest}`;
const six = (rest: string): string =>
  `${head}88,,,3616862898,em3.20,match,block,in,6,0x00,0x12345,64,${rest}`;

describe("a line of pfSense's filter log", () => {
  test.skipIf(!existsSync(file))(`of a match rule has an action that pfSense cannot name (${file})`, () => {
    expect(readLogLine(readFileSync(file, "utf8").trim())).toEqual({
      tracker: 3616862898,
      anchor: "",
      flow: { family: 4, source: "10.20.0.77", destination: "10.10.1.10", protocol: 6, port: 502 },
      opens: true,
    });
  });

  test.each([
    [
      "TCP",
      four("6,tcp,60,10.20.0.77,10.10.1.10,40000,502,0,S,1,,64240,,mss", { action: "unkn(%u)" }),
      { family: 4, protocol: 6, port: 502 },
    ],
    ["UDP", four("17,udp,60,10.20.0.77,10.10.1.10,5353,161,32"), { family: 4, protocol: 17, port: 161 }],
    ["ICMP", four("1,icmp,84,10.20.0.77,10.10.1.10,request,512,1"), { family: 4, protocol: 1, icmpType: 8 }],
    [
      "an ICMP error",
      four("1,icmp,84,10.20.0.77,10.10.1.10,unreachport,10.0.0.1,17,53"),
      { family: 4, protocol: 1, icmpType: 3 },
    ],
    ["GRE", four("47,gre,84,10.20.0.77,10.10.1.10,datalength=64"), { family: 4, protocol: 47 }],
    ["a later fragment", four("6,tcp,60,10.20.0.77,10.10.1.10"), { family: 4, protocol: 6 }],
  ])("of %s is read", (_name, line, flow) => {
    expect(readLogLine(line)?.flow).toEqual({ source: "10.20.0.77", destination: "10.10.1.10", ...flow });
  });

  test("of IPv6 has its protocol in another place", () => {
    expect(readLogLine(six("TCP,6,40,fd00:20::77,fd00:10::10,40000,502,0,S,1,,64240,,mss"))?.flow).toEqual({
      family: 6,
      source: "fd00:20::77",
      destination: "fd00:10::10",
      protocol: 6,
      port: 502,
    });
    expect(readLogLine(six("ICMPv6,58,40,fd00:20::77,fd00:10::10,request,1,2"))?.flow.icmpType).toBe(128);
  });

  test("may come through a remote syslog, in either form", () => {
    const body =
      "5,,,3221225472,igb1,match,pass,in,4,0x0,,64,0,0,none,17,udp,71,10.0.0.1,10.0.0.2,5000,53,51";
    for (const line of [
      `<134>Nov 21 18:00:01 filterlog[4242]: ${body}`,
      `<134>1 2026-11-21T18:00:01.1+01:00 fw filterlog 4242 - - ${body}`,
    ]) {
      expect(readLogLine(line)?.flow).toMatchObject({ source: "10.0.0.1", port: 53 });
    }
  });

  test.each([
    "",
    "Nov 21 18:00:01 fw sshd[1]: a,b,c,4",
    `${head}1,,,7`,
    `${head}88,,,x,em3,match,block,in,4`,
  ])("that is not one of a packet is left: %j", (line) => expect(readLogLine(line)).toBeUndefined());

  test("counts for the record of its rule, a trial's and the confirmed one's apart", () => {
    const tcp = "6,tcp,60,10.20.0.77,10.10.1.10,40000,502,0,S,1,,64240,,mss";
    const log = [
      four(tcp),
      four(tcp.replace("40000", "40001")),
      four(tcp, { anchor: "sluice_c01" }),
      four(tcp, { tracker: 1000000103 }),
    ].join("\n");
    const flow = { family: 4, source: "10.20.0.77", destination: "10.10.1.10", protocol: 6, port: 502 };
    expect(readRecord(log, new Set([3616862898]), "confirmed")).toEqual([
      { ...flow, packets: 2, openings: 2 },
    ]);
    expect(readRecord(log, new Set([3616862898]), "trial")).toEqual([{ ...flow, packets: 1, openings: 1 }]);
  });
});
