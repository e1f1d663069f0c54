import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parsePacket } from "../../../src/compile/packet-text.ts";
import { judge, type Reading } from "../../../src/compile/reading.ts";
import { createReadings } from "../../../src/verify/readings.ts";
import { readForeign } from "../../../targets/pfsense/foreign/read.ts";
import { policy, unlimited } from "../../support/policies.ts";

const { site } = policy([]);

interface Parts {
  readonly rules?: readonly string[];
  readonly aliases?: string;
  readonly system?: string;
  readonly wan?: string;
  readonly more?: string;
}

const config = ({ rules = [], aliases = "", system = "<ipv6allow/>", wan = "", more = "" }: Parts): string =>
  `<?xml version="1.0"?>
<pfsense>
<system>${system}</system>
<interfaces>
<wan><enable/><if>igb0</if><descr>WAN</descr><ipaddr>dhcp</ipaddr>${wan}</wan>
<lan><enable/><if>igb1</if><descr>Office</descr><ipaddr>10.2.0.1</ipaddr><subnet>16</subnet></lan>
<opt1><enable/><if>igb1.20</if><descr>CELL</descr><ipaddr>10.1.0.1</ipaddr><subnet>16</subnet><ipaddrv6>fd00:1::1</ipaddrv6><subnetv6>64</subnetv6></opt1>
<opt2><if>igb3</if><descr>SPARE</descr></opt2>
</interfaces>
<ifgroups><ifgroupentry><ifname>inside</ifname><members>lan opt1</members></ifgroupentry></ifgroups>
<aliases>${aliases}</aliases>
<filter>${rules.map((fields) => `<rule>${fields}</rule>`).join("\n")}</filter>
${more}</pfsense>
`;

function read(parts: Parts): Reading {
  const { value, diagnostics } = readForeign(config(parts), "config.xml");
  if (!value) throw new Error(JSON.stringify(diagnostics));
  return value;
}
const answer = (parts: Parts, packet: string): string => {
  const reading = read(parts);
  const named = reading.unmodelled.map(({ construct }) => construct);
  return [judge(reading, parsePacket(packet, site)), ...named].join("; ");
};

const any = "<any/>";
const end = (name: string, inside: string): string => `<${name}>${inside}</${name}>`;
const rule = (fields: string, source = any, destination = any): string =>
  `${fields}${end("source", source)}${end("destination", destination)}`;
const pass = (fields: string, source = any, destination = any): string =>
  rule(`<type>pass</type><ipprotocol>inet</ipprotocol>${fields}`, source, destination);
const modbus = "<address>plcs</address><port>502</port>";
const plcs = "<alias><name>plcs</name><type>host</type><address>10.1.0.10 10.1.0.11</address></alias>";
const poll = "tcp 10.2.0.5 -> 10.1.0.10:502";
const lan = "<interface>lan</interface>";
const tcp = "<protocol>tcp</protocol>";

describe("somebody's config.xml", () => {
  test.each<readonly [string, Parts, string, string]>([
    ["nothing is passed without a rule", {}, poll, "drop"],
    [
      "a rule of an interface is for what comes in there",
      { rules: [pass(lan + tcp, any, modbus)], aliases: plcs },
      `${poll} in lan out opt1`,
      "accept",
    ],
    [
      "and goes by the device and by the name as well",
      { rules: [pass(lan + tcp, any, modbus)], aliases: plcs },
      `${poll} in igb1 out CELL`,
      "accept",
    ],
    [
      "and for no other interface",
      { rules: [pass(lan + tcp, any, modbus)], aliases: plcs },
      `${poll} in igb0 out igb1`,
      "drop",
    ],
    [
      "without a given interface the answer is not known",
      { rules: [pass(lan + tcp, any, modbus)], aliases: plcs },
      poll,
      "unknown",
    ],
    [
      "rules of an interface are quick: the first one decides",
      {
        rules: [rule(`<type>block</type><ipprotocol>inet</ipprotocol>${lan}${tcp}`), pass(lan + tcp)],
      },
      `${poll} in lan out opt1`,
      "drop",
    ],
    [
      "a floating rule that is not quick is overruled by those of interfaces",
      {
        rules: [
          pass(lan + tcp),
          rule(
            "<type>block</type><ipprotocol>inet</ipprotocol><floating>yes</floating><direction>any</direction>",
          ),
        ],
      },
      `${poll} in lan out opt1`,
      "drop",
    ],
    [
      "and only on the way in where it says so",
      {
        rules: [
          pass(lan + tcp),
          rule(
            "<type>block</type><ipprotocol>inet</ipprotocol><floating>yes</floating><direction>in</direction>",
          ),
        ],
      },
      `${poll} in lan out opt1`,
      "accept",
    ],
    [
      "a quick floating rule stands before all of them, wherever it is written",
      {
        rules: [
          pass(lan + tcp),
          rule(
            "<type>block</type><ipprotocol>inet</ipprotocol><floating>yes</floating><quick>yes</quick>" +
              "<direction>out</direction><interface>opt1</interface>",
          ),
        ],
      },
      `${poll} in lan out opt1`,
      "drop",
    ],
    [
      "the rules of a group are for its members, and stand before theirs",
      {
        rules: [
          pass(lan + tcp),
          rule("<type>block</type><ipprotocol>inet</ipprotocol><interface>inside</interface>"),
        ],
      },
      `${poll} in lan out opt1`,
      "drop",
    ],
    [
      "a rule that is disabled is none",
      { rules: [pass(`<disabled/>${lan}`)] },
      `${poll} in lan out opt1`,
      "drop",
    ],
    ["reject drops", { rules: [rule(`<type>reject</type>${lan}`)] }, `${poll} in lan out opt1`, "drop"],
    [
      "not is everything else",
      { rules: [pass(lan, any, "<not/><network>opt1</network>")] },
      `${poll} in lan out opt1`,
      "drop",
    ],
    [
      "the network of an interface is what its address says",
      { rules: [pass(lan, "<network>lan</network>", "<network>opt1</network>")] },
      `${poll} in lan out opt1`,
      "accept",
    ],
    [
      "and is not known where somebody else gives the address",
      { rules: [pass(lan, any, "<network>wan</network>")] },
      `${poll} in lan out opt1`,
      'unknown; the network of interface "wan" is not in the file',
    ],
    [
      "the firewall's own addresses are not forwarded to",
      { rules: [pass(lan, any, "<network>(self)</network>"), pass(lan, any, "<network>opt1ip</network>")] },
      `${poll} in lan out opt1`,
      "drop",
    ],
    [
      "IPv6 has its own rules",
      { rules: [pass("<interface>opt1</interface>")] },
      "tcp fd00:1::5 -> [fd00:2::5]:502 in opt1 out lan",
      "drop",
    ],
    [
      "and a rule for both is for both",
      { rules: [rule("<type>pass</type><ipprotocol>inet46</ipprotocol><interface>opt1</interface>")] },
      "tcp fd00:1::5 -> [fd00:2::5]:502 in opt1 out lan",
      "accept",
    ],
    [
      "but where IPv6 is off nothing passes",
      {
        rules: [rule("<type>pass</type><ipprotocol>inet46</ipprotocol><interface>opt1</interface>")],
        system: "",
      },
      "tcp fd00:1::5 -> [fd00:2::5]:502 in opt1 out lan",
      "drop",
    ],
    [
      "private networks are blocked where the interface says so, before any rule",
      { rules: [pass("<interface>wan</interface>")], wan: "<blockpriv/>" },
      `${poll} in wan out opt1`,
      "drop",
    ],
    [
      "which networks are bogons is not known",
      { rules: [pass("<interface>wan</interface>")], wan: "<blockbogons/>" },
      "tcp 203.0.113.5 -> 10.1.0.10:502 in wan out opt1",
      "unknown; which networks are bogons",
    ],
    [
      "aliases may hold others, and ranges",
      {
        rules: [pass(lan + tcp, any, "<address>outer</address><port>ports</port>")],
        aliases: `${plcs}<alias><name>outer</name><type>network</type><address>10.9.0.0/16 plcs 10.1.0.20-10.1.0.29</address></alias><alias><name>ports</name><type>port</type><address>102 500:510</address></alias>`,
      },
      "tcp 10.2.0.5 -> 10.1.0.25:502 in lan out opt1",
      "accept",
    ],
    [
      "a host name in an alias has to be looked up",
      {
        rules: [pass(lan, any, "<address>plcs</address>")],
        aliases: "<alias><name>plcs</name><type>host</type><address>plc1.example</address></alias>",
      },
      `${poll} in lan out opt1`,
      'unknown; "plc1.example" in alias "plcs" has to be looked up',
    ],
    [
      "a list that is fetched is not known",
      {
        rules: [rule(`<type>block</type>${lan}`, "<address>bad</address>"), pass(lan)],
        aliases:
          "<alias><name>bad</name><type>urltable</type><address>https://example.org/l</address></alias>",
      },
      `${poll} in lan out opt1`,
      'unknown; alias "bad" of type urltable is filled elsewhere',
    ],
    [
      "an alias that is not there leaves the rule out, or not",
      { rules: [pass(lan, any, "<address>gone</address>")] },
      `${poll} in lan out opt1`,
      'unknown; alias "gone" is not there',
    ],
    [
      "an alias that is empty matches nothing",
      {
        rules: [pass(lan, any, "<address>none</address>")],
        aliases: "<alias><name>none</name><type>host</type><address></address></alias>",
      },
      `${poll} in lan out opt1`,
      "drop",
    ],
    [
      "and an alias that holds itself is not known",
      {
        rules: [pass(lan, any, "<address>loop</address>")],
        aliases: "<alias><name>loop</name><type>host</type><address>loop</address></alias>",
      },
      `${poll} in lan out opt1`,
      'unknown; alias "loop" holds itself',
    ],
    [
      "a gateway sends packets elsewhere",
      { rules: [pass(`${lan}<gateway>GW2</gateway>`)] },
      `${poll} in lan out opt1`,
      "unknown; <gateway> of a rule",
    ],
    [
      "a schedule is not known",
      { rules: [pass(`${lan}<sched>nights</sched>`)] },
      `${poll} in lan out opt1`,
      "unknown; <sched> of a rule",
    ],
    [
      "an unknown type is a pass to pfSense, and said to be one",
      { rules: [rule(`<type>allow</type>${lan}`)] },
      `${poll} in lan out opt1`,
      'unknown; type "allow" of a rule, which pfSense takes for a pass',
    ],
    [
      "a port without a protocol is lost",
      { rules: [pass(lan, any, "<any/><port>22</port>")] },
      `${poll} in lan out opt1`,
      "unknown; ports without a protocol, which pfSense makes all of TCP",
    ],
    [
      "port 0 may be no port at all",
      { rules: [pass(lan + tcp, any, "<any/><port>0</port>")] },
      `${poll} in lan out opt1`,
      "unknown; port 0, which PHP may take for no port at all",
    ],
    [
      "ICMP type 255 may be every type",
      { rules: [pass(`${lan}<protocol>icmp</protocol><icmptype>255</icmptype>`)] },
      "icmp 8 10.2.0.5 -> 10.1.0.10 in lan out opt1",
      'unknown; ICMP type "255"',
    ],
    [
      "protocol 0 is every protocol",
      { rules: [pass(`${lan}<protocol>0</protocol>`)] },
      `${poll} in lan out opt1`,
      "accept",
    ],
    [
      "an interface that is off is said to be",
      { rules: [pass("<interface>opt2</interface>")] },
      `${poll} in opt2 out opt1`,
      'unknown; interface "opt2" is off, so that pfSense leaves the rule out',
    ],
    [
      "and one that is not there too",
      { rules: [pass("<interface>opt9</interface>")] },
      `${poll} in lan out opt1`,
      'unknown; an interface of "opt9" is not in the file',
    ],
    [
      "a rule that belongs to a port forward is a rule",
      {
        rules: [
          pass(`<interface>wan</interface>${tcp}<associated-rule-id>nat_1</associated-rule-id>`, any, modbus),
        ],
        aliases: plcs,
        more: "<nat><rule><interface>wan</interface><associated-rule-id>nat_1</associated-rule-id></rule></nat>",
      },
      "tcp 203.0.113.5 -> 10.1.0.10:502 in wan out opt1",
      "accept; address translation",
    ],
    [
      "and a port forward may pass by all rules",
      {
        more: "<nat><rule><interface>wan</interface><associated-rule-id>pass</associated-rule-id></rule></nat>",
      },
      "tcp 203.0.113.5 -> 10.1.0.10:502 in wan out opt1",
      "unknown; address translation; a port forward that passes by the rules",
    ],
    ["with the filter off everything passes", { system: "<disablefilter/>" }, poll, "accept"],
    [
      "a reply passes with its request",
      { rules: [pass(lan + tcp, any, modbus)], aliases: plcs },
      "tcp 10.1.0.10:502 -> 10.2.0.5:40000 (reply) in opt1 out lan",
      "accept",
    ],
    [
      "ping of both versions",
      {
        rules: [
          rule(
            `<type>pass</type><ipprotocol>inet46</ipprotocol>${lan}<protocol>icmp</protocol><icmptype>echoreq</icmptype>`,
          ),
        ],
      },
      "icmp 8 10.2.0.5 -> 10.1.0.10 in lan out opt1",
      "accept",
    ],
  ])("%s", (_name, parts, packet, expected) => expect(answer(parts, packet)).toBe(expected));

  test("that is no XML, or of another product, is refused with its place", () => {
    const of = (text: string) => readForeign(text, "config.xml").diagnostics[0];
    expect(of("<pfsense><filter></pfsense>")).toMatchObject({ span: { line: 1 } });
    expect(of("<?xml version='1.0'?>\n<pfsense>\n<a></b>\n</pfsense>")).toMatchObject({ span: { line: 3 } });
  });
});

const folder = "../shared/data/pfsense";
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".xml")) : [];

describe.skipIf(files.length === 0)(
  files.length === 0 ? `public files (skipped: needs ${folder})` : "public files",
  () => {
    test.each(files)("%s is read within the budget, and the walk agrees with the diagrams", (name) => {
      const { value, diagnostics } = readForeign(readFileSync(join(folder, name), "utf8"), name);
      if (!value) throw new Error(JSON.stringify(diagnostics));
      for (const family of [4, 6] as const) {
        const asked = [{ family, states: ["original"] as const }];
        const answers = createReadings([value], asked, [], unlimited).answers(value, asked);
        for (const kind of ["accept", "drop", "unknown"] as const) {
          if (answers[kind]) expect(judge(value, answers[kind])).toBe(kind);
        }
        expect(answers.accept ?? answers.drop ?? answers.unknown).toBeDefined();
      }
    });
  },
);
