import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../src/compile/evaluate.ts";
import type { Program } from "../../../src/compile/program.ts";
import { parseAddress } from "../../../src/net/address.ts";
import type { ConnectionState, Packet } from "../../../src/net/packet.ts";
import { pfProgram } from "../../../targets/pfsense/pf/program.ts";
import { readRuleset } from "../../../targets/pfsense/pf/ruleset.ts";
import { Unreadable } from "../../../targets/pfsense/pf/tokens.ts";
import { difference } from "./meaning.ts";

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
    `are read, both forms with one meaning, or refused with a reason (${folder})`,
    () => {
      const outcomes = pairs.map((name) => {
        const [source, normal] = [".in", ".ok"].map((ending) =>
          readFileSync(join(folder, name + ending), "utf8"),
        );
        const reasons = [source!, normal!].map(refusal);
        if (reasons.some(Boolean))
          return { name, outcome: reasons.map((reason) => reason ?? "read").join(" | ") };
        const packet = difference(read(source!), read(normal!));
        return { name, outcome: packet ? `differ: ${packet}` : "agree" };
      });
      expect(outcomes.filter(({ outcome }) => outcome.startsWith("differ"))).toEqual([]);
      expect(outcomes.filter(({ outcome }) => outcome === "agree").length).toBeGreaterThanOrEqual(21);
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
    ["pass on em0 all", "pf/not-modelled: a rule of one interface"],
    ["pass from <friends>", "pf/not-modelled: what table <friends> holds"],
    ["pass from plc.example", 'pf/not-modelled: the addresses of "plc.example"'],
    ["pass to port 502", "pf/syntax: ports need a protocol"],
    ["pass proto tcp to port modbus", 'pf/not-modelled: "modbus" is no port'],
    ["block proto tcp flags F/F", 'pf/not-modelled: TCP flags "F/F"'],
    ["pass user root", 'pf/not-modelled: "user"'],
    ["pass probability 50%", 'pf/not-modelled: "probability"'],
    ["rdr on em0 proto tcp -> 10.0.0.1", 'pf/not-modelled: "rdr"'],
    ["set skip on lo0", 'pf/not-modelled: "set skip"'],
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
});
