import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge } from "../../src/compile/reading.ts";
import { formatAddress, parseAddress } from "../../src/net/address.ts";
import { formatPacket, type Packet } from "../../src/net/packet.ts";
import type { ForeignReader } from "../../src/target.ts";
import { iptables } from "../../targets/iptables/target.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { missingForIptables } from "../support/iptables-host.ts";
import { missingForNft } from "../support/real-nft.ts";

/** The kernel is the judge of what somebody else's ruleset means: where a reading is certain, packets must agree. */

const missingHere =
  missingForNft ?? (spawnSync("python3", ["--version"]).status === 0 ? undefined : "needs python3");

type Family = 4 | 6;
const hosts = {
  left: { 4: ["10.0.1.1", "10.0.1.6"], 6: ["fd00:1::1", "fd00:1::6"] },
  right: { 4: ["10.0.2.1", "10.0.2.6"], 6: ["fd00:2::1", "fd00:2::6"] },
} as const;
const ports = [21, 22, 23, 80];
const protocols = { tcp: 6, udp: 17 } as const;

interface Sent {
  readonly packet: Packet;
  readonly wire: Readonly<Record<string, unknown>>;
  readonly opening?: readonly Readonly<Record<string, unknown>>[];
}

/** Every host asks every host of the other side on every port, and half of the sessions were open before. */
const sent: readonly Sent[] = (() => {
  const all: Sent[] = [];
  for (const family of [4, 6] as const) {
    for (const [side, other] of [
      ["left", "right"],
      ["right", "left"],
    ] as const) {
      for (const source of hosts[side][family]) {
        for (const destination of hosts[other][family]) {
          const id = (): number => all.length + 1;
          const ends = {
            ...{ source: parseAddress(source).from, destination: parseAddress(destination).from },
            ...{ ingress: side, egress: other },
          };
          for (const port of ports) {
            for (const protocol of Object.values(protocols)) {
              const [sport, dport] = [20_000 + id(), port];
              all.push({
                packet: {
                  family,
                  state: "original",
                  ...ends,
                  protocol,
                  sourcePort: sport,
                  destinationPort: dport,
                },
                wire: { id: id(), side, family, source, destination, protocol, sport, dport },
              });
            }
            const [asked, client] = [port, 30_000 + id()];
            const answer = {
              id: id(),
              side,
              family,
              source,
              destination,
              protocol: 6,
              sport: asked,
              dport: client,
            };
            const back = { ...answer, side: other, source: destination, destination: source };
            all.push({
              packet: {
                family,
                state: "reply",
                ...ends,
                protocol: 6,
                sourcePort: asked,
                destinationPort: client,
              },
              wire: { ...answer, flags: "ack" },
              opening: [
                { ...back, sport: client, dport: asked, flags: "syn" },
                { ...answer, flags: "synack" },
              ],
            });
          }
          const type = family === 4 ? 8 : 128;
          const protocol = family === 4 ? 1 : 58;
          all.push({
            packet: { family, state: "original", ...ends, protocol, icmpType: type, icmpCode: 0 },
            wire: { id: id(), side, family, source, destination, protocol, type, code: 0, echo: id() },
          });
        }
      }
    }
  }
  return all;
})();

/** Which packets came out, and the ruleset as the host lists it. */
function forwarded(
  ruleset: string,
  load: string,
  list: string,
): { readonly ids: ReadonlySet<number>; readonly listing: string } {
  const before = sent.flatMap(({ opening }) => opening ?? []);
  const input = JSON.stringify({ before, after: sent.map(({ wire }) => wire), ruleset, load, list });
  const script = join(import.meta.dirname, "exchange.py");
  const { status, stdout, stderr } = spawnSync("unshare", ["--net", "--mount", "python3", script], {
    input,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(`${stderr}${status === 0 ? "" : ruleset}`).toBe("");
  const answer = JSON.parse(stdout) as { readonly forwarded: readonly number[]; readonly listing: string };
  return { ids: new Set(answer.forwarded), listing: answer.listing };
}

const address = (family: Family) =>
  fc.constantFrom(...[...hosts.left[family], ...hosts.right[family]]).chain((host) => {
    const { from } = parseAddress(host);
    return fc.constantFrom(host, `${formatAddress(family, from & ~7n)}/${family === 4 ? 29 : 125}`);
  });
const port = fc.constantFrom(...ports);
const joined = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((words) => words.filter((word) => word !== "").join(" "));
const maybe = (part: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(""), part);

/** Rules of nft, in the many ways that people write them. */
const nftRuleset: fc.Arbitrary<string> = (() => {
  const sign = fc.constantFrom("", "!= ");
  const ends = ([4, 6] as const).map((family) => {
    const header = family === 4 ? "ip" : "ip6";
    const one = fc
      .tuple(
        fc.constantFrom("saddr", "daddr"),
        sign,
        fc.uniqueArray(address(family), { minLength: 1, maxLength: 1 }),
      )
      .map(([end, not, values]) => `${header} ${end} ${not}${values.join(", ")}`);
    return one;
  });
  const name = fc.constantFrom("tcp", "udp");
  const service = fc.oneof(
    fc.tuple(name, fc.constantFrom("", "!= ", "< ", ">= "), port).map(([p, op, n]) => `${p} dport ${op}${n}`),
    fc.tuple(name, port).map(([p, n]) => `${p} dport { ${n}, 50-90 }`),
    fc.tuple(name, port).map(([p, n]) => `${p} sport ${n}`),
    name.map((p) => `meta l4proto ${p}`),
    port.map((n) => `meta l4proto { tcp, udp } th dport ${n}`),
    fc
      .tuple(port, port)
      .map(([a, b]) => `tcp dport vmap { ${a} : accept, ${a === b ? b + 1 : b} : jump sub }`),
  );
  const state = fc.constantFrom(
    "ct state new",
    "ct state established,related",
    "ct state != new",
    "ct direction reply",
  );
  const other = fc.constantFrom(
    "icmp type echo-request",
    "meta nfproto ipv6",
    "limit rate 5/second",
    'iifname "left"',
  );
  const conditions = fc.oneof(
    joined(maybe(state), maybe(fc.oneof(...ends)), maybe(service)),
    joined(other, maybe(state)),
    fc.constant("ip protocol udp"),
  );
  const verdict = fc.constantFrom("accept", "drop", "return", "continue", "counter accept");
  const rule = (further: readonly string[]) =>
    fc
      .tuple(conditions, fc.oneof(verdict, ...(further.length > 0 ? [fc.constantFrom(...further)] : [])))
      .map(([asked, then]) => (asked.includes("vmap") ? asked : `${asked} ${then}`.trim()));
  const plain = rule([]).filter((text) => !text.includes("vmap"));
  const base = (index: number) =>
    fc
      .tuple(
        fc.constantFrom("accept", "drop"),
        fc.array(rule(["jump sub", "goto sub"]), { minLength: 1, maxLength: 6 }),
      )
      .map(
        ([policy, rules]) =>
          `chain base${index} { type filter hook forward priority ${index}; policy ${policy}; ${rules.join("; ")}; }`,
      );
  return fc
    .tuple(fc.array(plain, { minLength: 1, maxLength: 4 }), base(1), base(2))
    .map(([sub, one, two]) => `table inet foreign {\nchain sub { ${sub.join("; ")}; }\n${one}\n${two}\n}\n`);
})();

/** Rules of iptables, for IPv4. */
const iptablesRuleset: fc.Arbitrary<string> = (() => {
  const not = fc.constantFrom("", "! ");
  const end = fc
    .tuple(not, fc.constantFrom("-s", "-d"), address(4))
    .map((words) => words.join(" ").replace("!  ", "! "));
  const name = fc.constantFrom("tcp", "udp");
  const service = fc.oneof(
    fc.tuple(name, not, port).map(([p, no, n]) => `-p ${p} -m ${p} ${no}--dport ${n}`),
    fc.tuple(name, not, port).map(([p, no, n]) => `-p ${p} -m multiport ${no}--ports ${n},50:90`),
    fc.tuple(not, name).map(([no, p]) => `${no}-p ${p}`),
    not.map((no) => `-p icmp -m icmp ${no}--icmp-type echo-request`),
  );
  const state = fc.constantFrom(
    "-m conntrack --ctstate NEW",
    "-m state --state ESTABLISHED,RELATED",
    "-m conntrack ! --ctstate NEW",
  );
  const unknown = fc.constantFrom("-m limit --limit 5/sec", "-i left");
  const rule = (chain: string, targets: readonly string[]) =>
    fc
      .tuple(
        joined(maybe(end), maybe(service), maybe(state)),
        fc.option(unknown, { freq: 6 }),
        fc.constantFrom(...targets),
      )
      .map(([asked, more, then]) => `-A ${chain} ${[asked, more ?? "", then].filter(Boolean).join(" ")}`);
  const verdicts = ["-j ACCEPT", "-j DROP", "-j RETURN", ""];
  return fc
    .tuple(
      fc.constantFrom("ACCEPT", "DROP"),
      fc.array(rule("FORWARD", [...verdicts, "-j sub", "-g sub"]), { minLength: 1, maxLength: 6 }),
      fc.array(rule("sub", verdicts), { minLength: 1, maxLength: 4 }),
    )
    .map(([policy, rules, sub]) =>
      ["*filter", `:FORWARD ${policy} [0:0]`, ":sub - [0:0]", ...rules, ...sub, "COMMIT", ""].join("\n"),
    );
})();

const judges: readonly {
  readonly name: string;
  readonly missing: string | undefined;
  readonly foreign: ForeignReader;
  readonly rulesets: fc.Arbitrary<string>;
  /** Loads a ruleset on standard input, and lists what is loaded. */
  readonly load: string;
  readonly list: string;
}[] = [
  {
    name: "nft",
    missing: missingHere,
    foreign: nftables.foreign,
    rulesets: nftRuleset,
    load: "nft -f -",
    list: "nft list ruleset",
  },
  ...(["legacy", "nft"] as const).map((variant) => ({
    name: `iptables-${variant}`,
    missing: missingHere ?? missingForIptables,
    foreign: iptables.foreign,
    rulesets: iptablesRuleset,
    load: `iptables-${variant}-restore`,
    list: `iptables-${variant}-save`,
  })),
];

describe.each(judges)("somebody else's rules under $name", ({ missing, foreign, rulesets, load, list }) => {
  describe.skipIf(missing)(missing ? `(skipped: ${missing})` : "here", () => {
    test.each(fc.sample(rulesets, { numRuns: 8, seed: 4_711 }).map((text, index) => [index, text] as const))(
      "do to every packet what is read of ruleset %i, wherever that is certain",
      (_, text) => {
        const { ids, listing } = forwarded(text, load, list);
        const { value, diagnostics } = foreign.read(listing, "rules");
        if (!value) throw new Error(JSON.stringify(diagnostics));
        const certain = sent.map(({ packet, wire }) => ({
          packet,
          answer: judge(value, packet),
          id: wire.id as number,
        }));
        const wrong = certain
          .filter(({ answer, id }) => answer !== "unknown" && (answer === "accept") !== ids.has(id))
          .map(({ packet, answer }) => `${answer} was read: ${formatPacket(packet)}`);
        expect(wrong, text).toEqual([]);
        expect(certain.some(({ answer }) => answer !== "unknown")).toBe(true);
      },
      60_000,
    );
  });
});

const hooked = (hook: string, priority: string, rules: string, policy = "accept", head = ""): string =>
  `table inet ${hook} {\n${head}\nchain c { type filter hook ${hook} priority ${priority}; policy ${policy};\n${rules}\n}\n}\n`;
const dump = (table: string, chain: string, ...rules: readonly string[]): string =>
  [`*${table}`, `:${chain} ACCEPT [0:0]`, ...rules.map((rule) => `-A ${chain} ${rule}`), "COMMIT", ""].join(
    "\n",
  );

/** What looks harmless in a listing: small rulesets that a reading once was sure of, and wrong. */
const traps: readonly (readonly [what: string, judge: string, ruleset: string])[] = [
  [
    "states before connection tracking",
    "nft",
    hooked("prerouting", "raw", "ct state invalid tcp dport 22 drop\nct state new udp dport 80 drop"),
  ],
  [
    "packets that a rule takes out of connection tracking behind something that is not known",
    "nft",
    hooked("prerouting", "raw", "fib daddr type != local udp dport 80 notrack") +
      hooked(
        "forward",
        "filter",
        "ct state established,new accept\nudp dport 22 drop\ntcp dport 23 accept",
        "drop",
      ),
  ],
  [
    "a set that is filled behind a named limit",
    "nft",
    hooked(
      "forward",
      "filter",
      'ip saddr @s drop\ntcp dport 22 limit name "l" add @s { ip saddr }',
      "accept",
      "limit l { rate 1000/second; }\nset s { type ipv4_addr; flags dynamic; }",
    ),
  ],
  [
    "elements with a quota and a count of connections",
    "nft",
    hooked(
      "forward",
      "filter",
      "ip saddr @used accept\nip saddr @counted drop\naccept",
      "drop",
      "set used { type ipv4_addr; quota 1 bytes; elements = { 10.0.1.1 }; }\n" +
        "set counted { type ipv4_addr; flags dynamic; elements = { 10.0.1.6 ct count over 1000 }; }",
    ),
  ],
  [
    "a rejection that is only for one family",
    "nft",
    hooked("forward", "filter", "meta nfproto ipv6 reject with icmpv6 no-route\nudp dport 22 reject"),
  ],
  [
    "a verdict where addresses are translated",
    "nft",
    "table ip n { chain c { type nat hook prerouting priority dstnat; tcp dport 22 drop; }; }\n",
  ],
  [
    "addresses before and after their translation",
    "nft",
    "table ip n { chain c { type nat hook postrouting priority srcnat; ip saddr 10.0.1.1 snat to 10.0.1.9; }; }\n" +
      hooked("postrouting", "srcnat + 1", "ip saddr 10.0.1.1 drop"),
  ],
  [
    "states before connection tracking",
    "iptables-legacy",
    dump(
      "raw",
      "PREROUTING",
      "-p tcp -m tcp --dport 22 -m state --state INVALID -j DROP",
      "-p udp -m udp --dport 80 -m conntrack --ctstate NEW -j DROP",
    ),
  ],
  [
    "ports of iptables with a negation, which nft lists without it",
    "iptables-nft, listed by nft",
    dump("filter", "FORWARD", "-p tcp -m multiport ! --ports 22,50:90 -j DROP"),
  ],
  [
    "a comment that looks like an option",
    "iptables-nft",
    dump(
      "filter",
      "FORWARD",
      "-p tcp -m comment --comment --syn -j DROP",
      "-p udp -m comment --comment -s -j DROP",
    ),
  ],
];

/** What nft says of the rules that iptables-nft loaded. */
const listedByNft: (typeof judges)[number] = {
  ...judges.find(({ name }) => name === "nft")!,
  name: "iptables-nft, listed by nft",
  missing: missingHere ?? missingForIptables,
  load: "iptables-nft-restore",
};

describe("no reading is sure of", () => {
  test.each(traps)("%s and wrong, under %s", (_, name, text) => {
    const { missing, foreign, load, list } = [...judges, listedByNft].find((judge) => judge.name === name)!;
    if (missing) throw new Error(missing);
    const { ids, listing } = forwarded(text, load, list);
    const { value, diagnostics } = foreign.read(listing, "rules");
    if (!value) throw new Error(JSON.stringify(diagnostics));
    const judged = sent.map(({ packet, wire }) => ({
      packet,
      answer: judge(value, packet),
      passed: ids.has(wire.id as number),
    }));
    const wrong = judged.filter(
      ({ answer, passed }) => answer !== "unknown" && (answer === "accept") !== passed,
    );
    expect(wrong.map(({ packet, answer }) => `${answer} was read: ${formatPacket(packet)}`)).toEqual([]);
    expect(judged.some(({ answer }) => answer !== "unknown")).toBe(true);
    // What nobody knows has a reason.
    expect(value.unmodelled.length > 0).toBe(judged.some(({ answer }) => answer === "unknown"));
  });
});

const folder = join(import.meta.dirname, "rulesets");
/** Rulesets in the manner of tools, and the least part of the packets that a reading must be certain of. */
const tools: readonly (readonly [file: string, judge: string, certain: number])[] = [
  ["docker.v4", "iptables-nft", 1],
  ["docker.v4", "iptables-legacy", 1],
  ["ufw.v4", "iptables-nft", 0.9],
  ["shorewall.v4", "iptables-legacy", 0.75],
  ["kubernetes.v4", "iptables-nft", 0.8],
  ["fail2ban.v4", "iptables-legacy", 0.5],
  ["firewalld.nft", "nft", 0.3],
  ["openwrt.nft", "nft", 0.9],
  ["libvirt.nft", "nft", 0.9],
  ["foomuuri.nft", "nft", 0.8],
  ["plant-gateway.nft", "nft", 0.35],
  ["plant-gateway.v4", "iptables-legacy", 0.5],
  ["plant-gateway.v4", "iptables-nft", 0.5],
  ["plant-gateway.v4", "iptables-nft, listed by nft", 0.5],
  ["docker.v4", "iptables-nft, listed by nft", 1],
  ["ufw.v4", "iptables-nft, listed by nft", 0.9],
  ["kubernetes.v4", "iptables-nft, listed by nft", 0.8],
];

describe("a ruleset in the manner of", () => {
  test.each(tools)(
    "%s under %s does to every packet what is read of it",
    (file, name, least) => {
      const { missing, foreign, load, list } = [...judges, listedByNft].find((judge) => judge.name === name)!;
      if (missing) throw new Error(missing);
      const text = readFileSync(join(folder, file), "utf8");
      const { ids, listing } = forwarded(text, load, list);
      const { value, diagnostics } = foreign.read(listing, file);
      if (!value) throw new Error(JSON.stringify(diagnostics));
      const judged = sent.map(({ packet, wire }) => ({
        packet,
        answer: judge(value, packet),
        passed: ids.has(wire.id as number),
      }));
      const certain = judged.filter(({ answer }) => answer !== "unknown");
      const wrong = certain
        .filter(({ answer, passed }) => (answer === "accept") !== passed)
        .map(({ packet, answer }) => `${answer} was read: ${formatPacket(packet)}`);
      expect(wrong).toEqual([]);
      expect(
        certain.length / judged.length,
        JSON.stringify(value.unmodelled.map(({ construct }) => construct)),
      ).toBeGreaterThanOrEqual(least);
      expect(new Set(certain.map(({ answer }) => answer)).size).toBe(2);
    },
    60_000,
  );
});
