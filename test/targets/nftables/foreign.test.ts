import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PacketTextError, parsePacket } from "../../../src/compile/packet-text.ts";
import { judge, type Reading } from "../../../src/compile/reading.ts";
import { readForeign } from "../../../targets/nftables/foreign/read.ts";
import { policy } from "../../support/policies.ts";
import { inNamespace, missingForNft } from "../../support/real-nft.ts";

const { site } = policy([]);

function read(text: string): Reading {
  const { value, diagnostics } = readForeign(text, "rules.nft");
  if (!value) throw new Error(JSON.stringify(diagnostics));
  return value;
}

const forward = (rules: string, policyWord = "drop", family = "inet"): string =>
  `table ${family} t {\n\tchain f {\n\t\ttype filter hook forward priority filter; policy ${policyWord};\n${rules}\n\t}\n}\n`;

const answer = (text: string, packet: string): string => {
  try {
    return judge(read(text), parsePacket(packet, site));
  } catch (error) {
    if (error instanceof PacketTextError) throw new Error(error.message);
    throw error;
  }
};

describe("anybody's nft ruleset", () => {
  test.each([
    ["ip saddr 10.0.0.0/8 tcp dport { 22, 80-90 } accept", "tcp 10.1.1.1 -> 1.1.1.1:85", "accept"],
    ["ip saddr 10.0.0.0/8 tcp dport { 22, 80-90 } accept", "tcp 10.1.1.1 -> 1.1.1.1:91", "drop"],
    ["ip saddr 10.0.0.0/8 tcp dport { 22, 80-90 } accept", "udp 10.1.1.1 -> 1.1.1.1:85", "drop"],
    ["ip saddr != 10.0.0.0/8 accept", "tcp 11.1.1.1 -> 1.1.1.1:85", "accept"],
    ["ip saddr != 10.0.0.0/8 accept", "tcp fd00::1 -> [fd00::2]:85", "drop"],
    ["ip protocol tcp accept", "tcp fd00::1 -> [fd00::2]:85", "drop"],
    ["meta l4proto tcp accept", "tcp fd00::1 -> [fd00::2]:85", "accept"],
    ["ip6 nexthdr tcp accept", "tcp fd00::1 -> [fd00::2]:85", "unknown"],
    ["ip6 nexthdr tcp accept", "udp fd00::1 -> [fd00::2]:85", "drop"],
    ["ip6 nexthdr tcp accept", "tcp 10.1.1.1 -> 1.1.1.1:85", "drop"],
    ["th dport 53 accept", "udp 10.1.1.1 -> 1.1.1.1:53", "accept"],
    ["th dport 53 accept", "icmp echo-request 10.1.1.1 -> 1.1.1.1", "unknown"],
    ["tcp dport != 22 accept", "udp 10.1.1.1 -> 1.1.1.1:53", "drop"],
    ["tcp sport >= 1024 tcp dport < 100 accept", "tcp 10.1.1.1:1024 -> 1.1.1.1:99", "accept"],
    ["tcp sport >= 1024 tcp dport < 100 accept", "tcp 10.1.1.1:1023 -> 1.1.1.1:99", "drop"],
    ["ct state established,related accept", "tcp 10.1.1.1:80 -> 1.1.1.1:9 (reply)", "accept"],
    ["ct state established,related accept", "tcp 10.1.1.1 -> 1.1.1.1:9", "drop"],
    ["ct state vmap { invalid : drop, new : accept }", "tcp 10.1.1.1 -> 1.1.1.1:9", "accept"],
    ["ct state != invalid accept", "tcp 10.1.1.1 -> 1.1.1.1:9 (none)", "drop"],
    ["ct direction reply accept", "icmp 3 10.1.1.1 -> 1.1.1.1 (related)", "unknown"],
    ['iifname "eth0" accept', "tcp 10.1.1.1 -> 1.1.1.1:9", "unknown"],
    ['iifname "eth0" accept', "tcp 10.1.1.1 -> 1.1.1.1:9 in eth0", "accept"],
    ['iifname { "eth0", "wg*" } accept', "tcp 10.1.1.1 -> 1.1.1.1:9 in wg3", "accept"],
    ['iifname { "eth0", "wg*" } accept', "tcp 10.1.1.1 -> 1.1.1.1:9 in eth1", "drop"],
    ['iifname vmap { "eth0" : accept, "eth1" : drop }', "tcp 10.1.1.1 -> 1.1.1.1:9 in eth0", "accept"],
    ['iifname . oifname { "eth0" . "eth1" } accept', "tcp 10.1.1.1 -> 1.1.1.1:9 in eth0 out eth1", "accept"],
    ['iifname . oifname { "eth0" . "eth1" } accept', "tcp 10.1.1.1 -> 1.1.1.1:9 in eth0 out eth2", "drop"],
    ['iif "eth0" oif != "eth1" accept', "tcp 10.1.1.1 -> 1.1.1.1:9 in eth0 out eth1", "drop"],
    ['iifname "eth0" tcp dport 9 accept', "tcp 10.1.1.1 -> 1.1.1.1:10", "drop"],
    ['iifname "lo" accept', "tcp 10.1.1.1 -> 1.1.1.1:9", "drop"],
    ["limit rate 5/second burst 5 packets tcp dport 9 accept", "tcp 10.1.1.1 -> 1.1.1.1:10", "drop"],
    ["limit rate 5/second burst 5 packets tcp dport 9 accept", "tcp 10.1.1.1 -> 1.1.1.1:9", "unknown"],
    ["tcp flags syn / fin,syn accept", "udp 10.1.1.1 -> 1.1.1.1:9", "drop"],
    ["tcp flags syn / fin,syn accept", "tcp 10.1.1.1 -> 1.1.1.1:9", "accept"],
    ["tcp flags syn / fin,syn accept", "tcp 10.1.1.1:9 -> 1.1.1.1:1 (reply)", "unknown"],
    ["tcp flags & (fin | syn | rst | ack) != syn accept", "tcp 10.1.1.1 -> 1.1.1.1:9", "drop"],
    ["tcp flags & (fin | syn) == fin | syn tcp dport 9 accept", "tcp 10.1.1.1 -> 1.1.1.1:9", "drop"],
    ["tcp flags syn tcp dport 9 accept", "tcp 10.1.1.1 -> 1.1.1.1:9", "accept"],
    ["tcp flags ! fin,rst accept", "tcp 10.1.1.1 -> 1.1.1.1:9", "accept"],
    ["tcp flags == syn accept", "tcp 10.1.1.1 -> 1.1.1.1:9", "unknown"],
    [
      'ct original ip saddr 10.0.0.9 drop comment "x"\n ip saddr 10.1.1.1 accept',
      "tcp 10.1.1.1 -> 1.1.1.1:9",
      "unknown",
    ],
    [
      'tcp dport 9 counter packets 1 bytes 2 log prefix "a } b" accept comment "{ drop"',
      "tcp 1.1.1.1 -> 1.1.1.2:9",
      "accept",
    ],
    ["tcp dport 9 reject with tcp reset\n accept", "tcp 1.1.1.1 -> 1.1.1.2:9", "drop"],
    ["xt target CT\n accept", "tcp 1.1.1.1 -> 1.1.1.2:9", "accept"],
    ["xt target TARPIT\n accept", "tcp 1.1.1.1 -> 1.1.1.2:9", "unknown"],
    ["xt match recent counter packets 0 bytes 0 accept", "tcp 1.1.1.1 -> 1.1.1.2:9", "unknown"],
    ["queue to 1", "tcp 1.1.1.1 -> 1.1.1.2:9", "unknown"],
    ["icmp type { echo-request, 3 } accept", "icmp 8 1.1.1.1 -> 1.1.1.2", "accept"],
    ["icmp type { echo-request, 3 } accept", "icmp 11 1.1.1.1 -> 1.1.1.2", "drop"],
    ["meta nfproto ipv6 accept", "tcp 1.1.1.1 -> 1.1.1.2:9", "drop"],
    ["ip saddr . tcp dport { 1.1.1.1 . 9-10 } accept", "tcp 1.1.1.1 -> 1.1.1.2:10", "accept"],
    ["ip saddr . tcp dport != { 1.1.1.1 . 9-10 } accept", "tcp 1.1.1.1 -> 1.1.1.2:11", "unknown"],
    ["ip saddr vmap { 1.1.1.1 : accept, * : drop }", "tcp 1.1.1.2 -> 1.1.1.2:11", "drop"],
  ])("%s: %s gives %s", (rules, packet, expected) => {
    expect(answer(forward(rules), packet)).toBe(expected);
  });

  test("the next header, behind which others may stand, is named as what makes an answer unknown", () => {
    const { value } = readForeign(forward("ip6 nexthdr tcp accept"), "rules");
    expect(value!.unmodelled.map(({ construct }) => construct)).toEqual(["ip6 nexthdr"]);
  });

  test("what one rule asks for twice is named once, and once more for another rule", () => {
    const twice = "limit rate 5/second limit rate 1/minute accept";
    const { value } = readForeign(forward(`${twice}\n${twice}`), "rules");
    expect(value!.unmodelled.map(({ construct, span }) => [construct, span.line])).toEqual([
      ["limit rate", expect.any(Number)],
      ["limit rate", value!.unmodelled[0]!.span.line + 1],
    ]);
  });

  test.each<[rule: string, named: readonly string[]]>([
    ["th dport 53 accept", ["th dport"]],
    ["th dport vmap { 53 : accept }", ["th dport"]],
    ["ip saddr . th dport vmap { 1.1.1.1 . 53 : accept, 1.1.1.2 . 53 : drop }", ["ip saddr . th dport"]],
    ["th dport 53 limit rate 5/second accept", ["limit rate", "th dport"]],
    ["meta l4proto { tcp, udp } th dport 53 accept", []],
    ["meta l4proto tcp th dport 53 limit rate 5/second accept", ["limit rate"]],
    ["tcp flags syn th dport vmap { 53 : accept }", ["TCP flags, but of the packet that opens a connection"]],
    ["meta l4proto . th dport vmap { tcp . 53 : accept }", []],
    ["th dport 53 counter", []],
  ])(
    "%s: what stands where protocols without ports have no port is named wherever a verdict depends on it",
    (rule, named) => {
      const { value } = readForeign(forward(rule), "rules");
      expect(value!.unmodelled.map(({ construct }) => construct)).toEqual(named);
    },
  );

  test("an interface is asked for only where every kernel knows it", () => {
    const at = (hook: string, rule: string): string => forward(rule).replace("hook forward", `hook ${hook}`);
    const packet = "tcp 1.1.1.1 -> 1.1.1.2:9 in eth0 out eth1";
    expect(answer(at("prerouting", 'iifname "eth0" accept'), packet)).toBe("accept");
    expect(answer(at("prerouting", 'oifname "eth1" accept'), packet)).toBe("unknown");
    expect(answer(at("postrouting", 'iifname "eth0" accept'), packet)).toBe("unknown");
    expect(answer(at("postrouting", 'oifname "eth1" accept'), packet)).toBe("accept");
  });

  test("a table of one family, and its policy, are not for the other", () => {
    const text = forward("", "drop", "ip");
    expect(answer(text, "tcp 1.1.1.1 -> 1.1.1.2:9")).toBe("drop");
    expect(answer(text, "tcp fd00::1 -> [fd00::2]:9")).toBe("accept");
  });

  test("accept ends only its base chain, and drop ends all", () => {
    const second = forward("tcp dport 9 drop", "accept").replace("table inet t", "table inet docker");
    expect(answer(forward("accept") + second, "tcp 1.1.1.1 -> 1.1.1.2:9")).toBe("drop");
    expect(answer(forward("accept") + second, "tcp 1.1.1.1 -> 1.1.1.2:10")).toBe("accept");
  });

  test("statements may end with semicolons, and the policy may stand by itself", () => {
    const text =
      "table inet t { set s { type ipv4_addr; elements = { 1.1.1.1 }; }; chain f { type filter hook forward priority 0;\n" +
      "policy drop; ip saddr @s accept; ip saddr 1.1.1.2 tcp dport 9 accept; } }\n";
    const packets = ["tcp 1.1.1.1 -> 1.1.1.2:8", "tcp 1.1.1.2 -> 1.1.1.1:9", "tcp 1.1.1.2 -> 1.1.1.1:8"];
    expect(packets.map((packet) => answer(text, packet))).toEqual(["accept", "accept", "drop"]);
  });

  test("return leads from a jump to behind it, from a goto to the policy", () => {
    const chains = (how: string): string =>
      forward(`\t\t${how} sub\n\t\taccept`).replace(
        "\tchain f",
        "\tchain sub {\n\t\ttcp dport 9 return\n\t}\n\tchain f",
      );
    expect(answer(chains("jump"), "tcp 1.1.1.1 -> 1.1.1.2:9")).toBe("accept");
    expect(answer(chains("goto"), "tcp 1.1.1.1 -> 1.1.1.2:9")).toBe("drop");
  });

  test("chains that a forwarded packet does not meet are left out, and those of other hooks on its way count", () => {
    const at = (hook: string): string => forward("", "drop").replace("hook forward", `hook ${hook}`);
    const packet = "tcp 1.1.1.1 -> 1.1.1.2:9";
    expect(
      [at("input"), at("output"), at("prerouting"), at("postrouting")].map((text) => answer(text, packet)),
    ).toEqual([...["accept", "accept"], ...["drop", "drop"]]);
  });

  test("sets that packets fill, elements that expire and flowtables make no answer certain", () => {
    const set = (body: string, rules: string): string =>
      forward(rules).replace("\tchain f", `\tset s {\n\t\ttype ipv4_addr\n${body}\n\t}\n\tchain f`);
    const filled = set("\t\tflags dynamic", "update @s { ip daddr }\nip saddr @s accept");
    const leased = set("\t\telements = { 1.1.1.1 timeout 1h expires 59m, 1.1.1.2 }", "ip saddr @s accept");
    expect(answer(filled, "tcp 1.1.1.1 -> 1.1.1.2:9")).toBe("unknown");
    expect(answer(leased, "tcp 1.1.1.1 -> 1.1.1.2:9")).toBe("unknown");
    expect(answer(leased, "tcp 1.1.1.2 -> 1.1.1.2:9")).toBe("accept");
    expect(read(leased).unmodelled.map(({ construct, span }) => [construct, span.line])).toEqual([
      ["element that expires", 8],
    ]);
  });

  test("where something is taken out of connection tracking, no state is certain", () => {
    const text =
      forward("ct state established accept") +
      forward("notrack", "accept", "ip").replace("forward", "prerouting");
    expect(answer(text, "tcp 1.1.1.1:9 -> 1.1.1.2:9 (reply)")).toBe("unknown");
    expect(
      answer(text.replace("notrack", "fib daddr type local notrack"), "tcp 1.1.1.1:9 -> 1.1.1.2:9 (reply)"),
    ).toBe("unknown");
  });

  test("a packet may go around the rules: over a bridge, on one device, on a fast path, or to a proxy", () => {
    const packet = "tcp 1.1.1.1 -> 1.1.1.2:9";
    expect(answer(forward("", "drop", "bridge"), packet)).toBe("unknown");
    expect(answer(forward("", "accept", "bridge"), packet)).toBe("accept");
    const ingress = forward("", "drop", "netdev").replace("forward", 'ingress device "a"');
    expect(answer(ingress, packet)).toBe("unknown");
    const flow = "table inet o {\n\tflowtable x {\n\t\thook ingress priority filter\n\t}\n}\n";
    expect(answer(forward("", "drop") + flow, packet)).toBe("drop");
    expect(answer(forward("", "drop") + flow, "tcp 1.1.1.1:9 -> 1.1.1.2:9 (reply)")).toBe("unknown");
    const proxied = forward("tcp dport 9 tproxy to :3128 accept", "accept").replace("forward", "prerouting");
    expect(answer(proxied, packet)).toBe("unknown");
  });

  test("what stands in quotes is neither a verdict nor a chain", () => {
    const text = forward(
      'fib daddr type local log prefix "jump" accept\nfib daddr type local log prefix "accept"',
    );
    expect(answer(text, "tcp 1.1.1.1 -> 1.1.1.2:9")).toBe("unknown");
    expect(answer(forward('fib daddr type local log prefix "accept"'), "tcp 1.1.1.1 -> 1.1.1.2:9")).toBe(
      "drop",
    );
  });

  test("a line that goes on behind a backslash is one rule, and a device by number is not known", () => {
    expect(answer(forward("tcp dport 9 \\\n accept"), "tcp 1.1.1.1 -> 1.1.1.2:8")).toBe("drop");
    expect(answer(forward("iif 7 accept"), "tcp 1.1.1.1 -> 1.1.1.2:8 in eth0")).toBe("unknown");
  });

  test("address translation, bridge filters and flowtables are named", () => {
    const nat = forward("", "accept", "ip").replace("type filter hook forward", "type nat hook prerouting");
    const bridge = forward("", "accept", "bridge");
    const flow =
      "table inet o {\n\tflowtable x {\n\t\thook ingress priority filter\n\t\tdevices = { lo }\n\t}\n}\n";
    expect(read(nat + bridge + flow).unmodelled.map(({ construct }) => construct)).toEqual([
      "flowtable",
      "address translation (ip t f)",
      "bridge filter (bridge t f)",
    ]);
  });

  test.each([
    ["table inet t {\n chain f {\n tcp dport 9 accept", 3, "}"],
    ["define x = 1\n", 1, "table"],
    [
      "table inet t {\n chain f {\n type filter hook forward priority 0; policy drop;\n jump g\n }\n}\n",
      4,
      '"g"',
    ],
    ['{"nftables": [{"rule": {"table": "t"}}]}', 1, "no table"],
    ['{"nftables": [', 1, "JSON"],
    ["table inet t {\n zones 5\n}\n", 2, '"{"'],
    ["table inet t {\n}\ntable inet t {\n}\n", 3, "each table once"],
    ["table inet t {\n chain f {\n }\n chain f {\n }\n}\n", 4, "each chain once"],
    ["table inet t {\n set s {\n }\n set s {\n }\n}\n", 4, "each set once"],
    ['table inet t {\n chain f {\n include "x.nft"\n }\n}\n', 3, "what the file holds"],
    ["table inet t {\n chain f {\n type filter hook forward priority 0; policy $x;\n }\n}\n", 3, '"drop"'],
    ["table inet t {\n zones {\n }\n}\n", 2, "object of a table"],
  ])("refuses %j at line %i", (text, line, words) => {
    const { value, diagnostics } = readForeign(text, "rules.nft");
    expect(value).toBeUndefined();
    expect(diagnostics[0]!.message).toContain(words);
    expect(diagnostics[0]!.span!.line).toBe(line);
  });

  test("refuses chains that lead back to themselves", () => {
    const text = forward("jump f");
    expect(readForeign(text, "rules.nft").diagnostics[0]!.message).toContain("leads back to itself");
  });

  test("is read as newer versions list it, and what they have more is named", () => {
    const text = readFileSync(join(import.meta.dirname, "newer.nft"), "utf8");
    const reading = read(text);
    expect(reading.unmodelled.map(({ construct }) => construct)).toEqual([
      'object "tunnel"',
      "element that expires",
      "fib",
      "TCP flags, but of the packet that opens a connection",
      "filter of one device (inet t i)",
    ]);
    const ports = [21, 22, 23, 24, 25].map((port) => answer(text, `tcp 10.0.0.3 -> 1.1.1.2:${port}`));
    // The rule behind "fib" is uncertain, and so is all that comes after it.
    expect(ports).toEqual(["drop", "accept", "accept", "unknown", "drop"]);
    expect(answer(text, "tcp 10.0.0.2 -> 1.1.1.2:80")).toBe("accept");
    const json = JSON.stringify({
      nftables: [
        { metainfo: { version: "1.1.5", json_schema_version: 1 } },
        { table: { family: "inet", name: "t", handle: 1, flags: ["owner"] } },
        { tunnel: { family: "inet", name: "gw", table: "t" } },
        {
          chain: {
            family: "inet",
            table: "t",
            name: "f",
            type: "filter",
            hook: "forward",
            prio: 0,
            policy: "drop",
          },
        },
        {
          rule: {
            ...{ family: "inet", table: "t", chain: "f" },
            expr: [
              { match: { op: "==", left: { payload: { protocol: "tcp", field: "dport" } }, right: 22 } },
              { last: { used: 5 } },
              { xt: { type: "match", name: "recent" } },
              { accept: null },
            ],
          },
        },
        {
          rule: {
            family: "inet",
            table: "t",
            chain: "f",
            expr: [{ last: null }, { xt: { type: "target", name: "X" } }],
          },
        },
      ],
    });
    expect(read(json).unmodelled.map(({ construct }) => construct)).toEqual(['object "tunnel"', "xt", "xt"]);
    expect(answer(json, "tcp 1.1.1.1 -> 1.1.1.2:22")).toBe("unknown");
  });

  test("that JSON of an older nft says nothing of dormant tables is named", () => {
    const json = (version: string): string => JSON.stringify({ nftables: [{ metainfo: { version } }] });
    expect(read(json("1.0.6")).unmodelled.map(({ construct }) => construct)).toEqual([
      "tables that are dormant, which nft 1.0.6 tells in its text only",
    ]);
    expect(read(json("1.1.5")).unmodelled).toEqual([]);
  });

  test("targets of iptables, of which JSON has the name alone, do what they do in iptables", () => {
    const ruled = (hook: string, prio: number, ...expr: readonly object[]): readonly object[] => {
      const chain = { family: "ip", table: hook, name: "c" };
      return [
        { table: { family: "ip", name: hook } },
        { chain: { ...chain, type: "filter", hook, prio, policy: "accept" } },
        ...expr.map((one) => ({ rule: { family: "ip", table: hook, chain: "c", expr: [one].flat() } })),
      ];
    };
    const xt = (name: string): object => ({ xt: { type: "target", name } });
    const established = { match: { op: "in", left: { ct: { key: "state" } }, right: "established" } };
    const says = (...objects: readonly object[]): string =>
      answer(JSON.stringify({ nftables: objects }), "tcp 1.1.1.1 -> 1.1.1.2:9");
    expect(says(...ruled("forward", 0, xt("LOG")))).toBe("accept");
    expect(says(...ruled("forward", 0, xt("REJECT")))).toBe("unknown");
    const states = ruled("forward", 0, [established, { drop: null }]);
    expect(says(...states)).toBe("accept");
    expect(says(...states, ...ruled("prerouting", -300, xt("CT")))).toBe("unknown");
  });

  test.skipIf(missingForNft)(
    "refuses overlapping intervals no more than the kernel, and reads them as a union",
    () => {
      const text = forward("ip saddr { 10.0.0.0/8, 10.1.0.0-11.0.0.0 } accept").replace(
        "table",
        "flush ruleset\ntable",
      );
      const { stdout } = inNamespace("nft -f - && nft list ruleset", text);
      expect(answer(stdout, "tcp 10.255.0.1 -> 1.1.1.1:9")).toBe("accept");
      expect(answer(text, "tcp 10.255.0.1 -> 1.1.1.1:9")).toBe("accept");
    },
  );
});
