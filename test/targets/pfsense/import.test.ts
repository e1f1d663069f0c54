import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../src/compile/evaluate.ts";
import { parsePacket } from "../../../src/compile/packet-text.ts";
import type { Program } from "../../../src/compile/program.ts";
import { judge } from "../../../src/compile/reading.ts";
import { parseAddress } from "../../../src/net/address.ts";
import { type ConnectionState, formatPacket, type Packet } from "../../../src/net/packet.ts";
import { createReadings } from "../../../src/verify/readings.ts";
import { readForeign } from "../../../targets/pfsense/foreign/read.ts";
import { pfProgram } from "../../../targets/pfsense/pf/program.ts";
import { readRuleset } from "../../../targets/pfsense/pf/ruleset.ts";
import { Unreadable } from "../../../targets/pfsense/pf/tokens.ts";
import { policy, unlimited } from "../../support/policies.ts";

const read = (text: string): Program => pfProgram(readRuleset(text, "pf.conf"), "nothing");

/** Why a text is not read: the diagnostic's code and message. */
function refusal(text: string): string | undefined {
  try {
    read(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const { code, message, span } = error.diagnostic;
    expect(span?.line).toBeGreaterThan(0);
    return `${code}: ${message}`;
  }
}

const folder = "../shared/data/rulesets/pf/pf-freebsd-regress";
const pairs = existsSync(folder)
  ? readdirSync(folder)
      .filter((name) => name.endsWith(".in"))
      .map((name) => name.slice(0, -3))
  : [];

describe("FreeBSD's regression pairs", () => {
  test.skipIf(pairs.length === 0)(
    `are read, both forms with one meaning, and what is not modelled is named in both (${folder})`,
    () => {
      const outcomes = pairs.map((name) => {
        const [source, normal] = [".in", ".ok"].map((ending) =>
          readForeign(readFileSync(join(folder, name + ending), "utf8"), name + ending),
        );
        const refused = [source, normal].flatMap((one) => one?.diagnostics ?? []);
        if (refused.length > 0) return { name, outcome: `refused: ${refused[0]!.message}`, named: 0 };
        const [one, other] = [source!.value!, normal!.value!];
        const readings = createReadings([one, other], [], [], unlimited);
        const { lost, gained } = readings.difference(one, other, [{}]);
        const certainly = lost ?? gained;
        const packet = certainly ?? readings.apart(one, other);
        const named = one.unmodelled.length;
        const how = certainly ? "differ" : "are not as certain";
        return { name, outcome: packet ? `${how}: ${formatPacket(packet)}` : "agree", named };
      });
      expect(outcomes.filter(({ outcome }) => /^(differ|refused)/.test(outcome))).toEqual([]);
      // pfctl asked the host for addresses of its interfaces, or read another file.
      expect(outcomes.filter(({ outcome }) => outcome !== "agree").map(({ name }) => name)).toEqual([
        "pf0025",
        "pf0065",
        "pf0095",
      ]);
      expect(outcomes.filter(({ named }) => named === 0).length).toBeGreaterThanOrEqual(21);
    },
  );
});

describe("a pf.conf of somebody else", () => {
  const packet = (text: string, state: ConnectionState = "original"): Packet => {
    const [from = "", to = ""] = text.split(" > ");
    const [source = "", sourcePort] = from.split(":");
    const [destination = "", port] = to.split(":");
    return {
      family: 4,
      state,
      source: parseAddress(source).from,
      destination: parseAddress(destination).from,
      protocol: 6,
      sourcePort: Number(sourcePort),
      destinationPort: Number(port),
    };
  };
  const verdict = (rules: readonly string[], text: string, state?: ConnectionState): string => {
    const { verdict: found, recorded } = evaluate(read(`${rules.join("\n")}\n`), packet(text, state));
    return recorded ? `${found}, recorded` : found;
  };
  const poll = "10.0.0.1:40000 > 10.0.0.2:502";
  const answer = "10.0.0.2:502 > 10.0.0.1:40000";

  test("has its last matching rule win, unless one that matches is quick", () => {
    expect(verdict(["block all", "pass all"], poll)).toBe("accept");
    expect(verdict(["pass all", "block all"], poll)).toBe("drop");
    expect(verdict(["pass quick all", "block all"], poll)).toBe("accept");
    expect(verdict(["block all", "pass proto tcp to port 502", "block quick to 10.0.0.3"], poll)).toBe(
      "accept",
    );
  });

  test("asks for no protocol where it names protocol 0", () => {
    expect(verdict(["block all", "pass proto 0 to 10.0.0.2"], poll)).toBe("accept");
  });

  test("filters a forwarded packet twice", () => {
    expect(verdict(["pass in all", "block out all"], poll)).toBe("drop");
    expect(verdict(["block in all", "pass out all"], poll)).toBe("drop");
    expect(verdict(["block all", "pass in all", "pass out proto tcp to port 502"], poll)).toBe("accept");
  });

  test("passes what no rule matches, and keeps no state for it", () => {
    expect(verdict(["block in from 10.0.0.3"], poll)).toBe("accept");
    expect(verdict(["block in from 10.0.0.2"], answer, "reply")).toBe("drop");
  });

  test("passes the replies of what it passed with state, and only those", () => {
    const rules = ["block all", "pass proto tcp to port 502"];
    expect(verdict(rules, answer, "reply")).toBe("accept");
    expect(verdict(rules, answer)).toBe("drop");
    expect(verdict(["block all", "pass proto tcp to port 502 no state"], answer, "reply")).toBe("drop");
  });

  test("looks at the packet that opens a TCP connection, so others without one do not match", () => {
    const rules = ["block all", "pass proto tcp to port 502"];
    expect(verdict(rules, poll, "none")).toBe("drop");
    expect(verdict(["block all", "pass proto tcp to port 502 flags any"], poll, "none")).toBe("accept");
  });

  test("ends everything with a quick rule inside an anchor, within the anchor's own condition", () => {
    const rules = ["anchor in proto tcp to port 502 {", "  block quick all", "}", "pass all"];
    expect(verdict(rules, poll)).toBe("drop");
    expect(verdict(rules, "10.0.0.1:40000 > 10.0.0.2:503")).toBe("accept");
  });

  test("gives a packet the tag of the last rule that tags it", () => {
    const rules = ["match in all tag a", "match in to port 502 tag b", "block in quick tagged a", "pass all"];
    const withProtocol = rules.map((rule) => rule.replace("to port", "proto tcp to port"));
    expect(verdict(withProtocol, poll)).toBe("accept");
    expect(verdict(withProtocol, "10.0.0.1:40000 > 10.0.0.2:503")).toBe("drop");
    expect(verdict(["match in all tag a", "block in log quick ! tagged b"], poll)).toBe("drop, recorded");
  });

  test("expands macros, lists, ranges and port operators", () => {
    const rules = [
      'ports = "{ 500 >< 503, 44818 }"',
      "block all",
      "pass proto { udp tcp } from { 10.0.0.0/30, 192.0.2.1 } \\",
      "  to 10.0.0.2 - 10.0.0.9 port $ports",
    ];
    expect(verdict(rules, poll)).toBe("accept");
    expect(verdict(rules, "10.0.0.1:40000 > 10.0.0.2:503")).toBe("drop");
    expect(verdict(rules, "10.0.0.5:40000 > 10.0.0.2:502")).toBe("drop");
    expect(verdict(["block from ! 10.0.0.0/8", "block to 10/30"], poll)).toBe("drop");
  });

  test.each([
    ["pass from <friends>", "pf/not-modelled: what table <friends> holds"],
    ["pass from plc.example", 'pf/not-modelled: the addresses of "plc.example"'],
    ["pass to port 502", "pf/syntax: ports need a protocol"],
    ["pass proto tcp to port modbus", 'pf/not-modelled: "modbus" is no port'],
    ["block proto tcp flags F/F", 'pf/not-modelled: TCP flags "F/F"'],
    ["pass user root", 'pf/not-modelled: "user"'],
    ["pass probability 50%", 'pf/not-modelled: "probability"'],
    ["rdr on em0 proto tcp -> 10.0.0.1", 'pf/not-modelled: "rdr"'],
    ["set fingers crossed", 'pf/not-modelled: "set fingers"'],
    ["pass on vlan all", 'pf/not-modelled: which interfaces are in group "vlan"'],
    ['anchor "userrules/*"', 'pf/not-modelled: what anchor "userrules/*" holds'],
    ["pass proto tcp keep state (max-src-conn 10)", 'pf/not-modelled: state option "max-src-conn"'],
    ["pass route-to (em0 10.0.0.1) all", 'pf/not-modelled: "route-to"'],
    ["pass out tagged a", "pf/not-modelled: a tag that a packet carries"],
    ["pass from { }", "pf/syntax: a list without items"],
    ['pass label "open', "pf/syntax: this is not pf's syntax"],
    ["pass from 10.0.0.1.1", "pf/syntax"],
    ["pass all all", 'pf/not-modelled: "all"'],
  ])("is refused where it is not modelled: %s", (rule, reason) => {
    expect(refusal(`${rule}\n`)).toContain(reason);
  });

  /** What a ruleset answers to a packet, and what of it is not modelled. */
  const told = (rules: readonly string[], text: string): string => {
    const { value, diagnostics } = readForeign(`${rules.join("\n")}\n`, "pf.conf");
    if (!value) throw new Error(diagnostics[0]!.message);
    const named = value.unmodelled.map(({ construct, span }) => `${span.line} ${construct}`);
    return [judge(value, parsePacket(text, policy([]).site)), ...named].join("; ");
  };
  const ssh = "tcp 10.0.0.1 -> 10.0.0.2:22";

  test.each([
    [["block all", "pass on em0 proto tcp"], `${ssh} in em0 out em0`, "accept"],
    [["block all", "pass on em0 proto tcp"], `${ssh} in em0 out em1`, "drop"],
    [["block all", "pass in on ! em0 proto tcp", "pass out"], `${ssh} in em1 out em0`, "accept"],
    [["block all", "pass in quick on em0 proto tcp to port 22", "pass out"], ssh, "unknown"],
    [["pass", "block in on em0 proto udp"], ssh, "accept"],
    [
      ["pass all", "block in quick from <snort>"],
      ssh,
      "unknown; 2 what table <snort> holds is not in this text",
    ],
    [
      ["pass all", "block quick proto udp from <snort>"],
      ssh,
      "accept; 2 what table <snort> holds is not in this text",
    ],
    [["block all", "pass proto tcp to port 22 user root"], ssh, 'unknown; 2 "user" is not modelled'],
    [
      ["block all", "pass proto tcp to port 23 probability 50%"],
      ssh,
      'drop; 2 "probability" is not modelled',
    ],
    [
      ["block all", "pass proto tcp to ! plc.example"],
      ssh,
      'unknown; 2 the addresses of "plc.example" are not in this text',
    ],
    [["block all", "pass to ! (self)"], ssh, "accept"],
    [
      ["pass all", 'anchor "userrules/*"'],
      ssh,
      'unknown; 2 what anchor "userrules/*" holds is not in this text',
    ],
    [
      ["rdr pass on em0 proto tcp to port 80 -> 10.0.0.9", "block all"],
      ssh,
      'unknown; 1 "rdr" is not modelled',
    ],
    [["rdr on em0 proto tcp to port 80 -> 10.0.0.9", "block all"], ssh, 'drop; 1 "rdr" is not modelled'],
    [["set skip on lo0", "block all"], ssh, "drop"],
    [["set skip on em2", "block all"], `${ssh} in em2 out em2`, "accept"],
    [["set skip on em2", "block all"], `${ssh} in em1 out em2`, "drop"],
    [
      ["block all", "pass out tagged a", "pass in tag a"],
      ssh,
      "unknown; 2 a tag that a packet carries from one interface to the next",
    ],
  ])("says of %j to %s: %s", (rules, text, expected) => expect(told(rules, text)).toBe(expected));

  test("looks at a reply by the interfaces of the request that it answers", () => {
    const rules = [
      "block all",
      "pass in on em0 proto tcp to port 22",
      "pass out on em1 proto tcp to port 22",
    ];
    const reply = "tcp 10.0.0.2:22 -> 10.0.0.1:40000 (reply)";
    expect(told(rules, `${reply} in em1 out em0`)).toBe("accept");
    expect(told(rules, `${reply} in em0 out em1`)).toBe("drop");
  });
});
