import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rulesProgram } from "../../../src/compile/conduit-program.ts";
import { evaluate } from "../../../src/compile/evaluate.ts";
import type { Box, ConduitRules, PermitRules } from "../../../src/compile/ir.ts";
import { formatAddress, parseRange } from "../../../src/net/address.ts";
import type { Packet } from "../../../src/net/packet.ts";
import type { Service } from "../../../src/net/service.ts";
import { createAnalysis } from "../../../src/verify/analysis.ts";
import { iptables } from "../../../targets/iptables/target.ts";
import { missingForIptables } from "../../support/iptables-host.ts";
import { unlimited } from "../../support/policies.ts";
import { conduitRules, tcpPermit } from "../../support/rules.ts";

const emit = (...conduits: readonly ConduitRules[]): string => iptables.emit({ firewall: "fw1", conduits });
const read = (text: string) => {
  const { value, diagnostics } = iptables.parse(text, "x.rules");
  expect(diagnostics).toEqual([]);
  return value!;
};
const permit = (boxes: readonly Box[], id = "p"): PermitRules => ({
  ...tcpPermit(id, "10.20.1.1", "10.10.1.1"),
  boxes,
});
const box = (source: string, destination: string, service: Service): Box => ({
  source: parseRange(source),
  destination: parseRange(destination),
  service,
});
const tcp = (from: number, to = from): Service => ({ kind: "ports", protocol: 6, from, to });

test("a small conduit reads as an engineer would write it", () => {
  const rules = conduitRules("enforce", [
    tcpPermit("poll", "10.20.1.10", "10.10.1.10"),
    permit([box("fd00:20::/64", "fd00:10::1", { kind: "icmp", family: 6, type: 128 })], "ping"),
  ]);
  expect(
    emit(rules),
  ).toBe(`# Sluice: firewall fw1. Written by "sluice compile"; a change by hand is found and refused.
#ipset create sluice-c-dmz-cell1.4 hash:ip,port,ip family inet maxelem 65536 timeout 604800 counters
#ipset create sluice-c-dmz-cell1.o4 hash:ip,port,ip family inet maxelem 65536 timeout 604800 counters
#ipset create sluice-c-dmz-cell1.a4 hash:ip,port,ip family inet maxelem 65536 timeout 604800 counters
#ipset create sluice-c-dmz-cell1.6 hash:ip,port,ip family inet6 maxelem 65536 timeout 604800 counters
#ipset create sluice-c-dmz-cell1.o6 hash:ip,port,ip family inet6 maxelem 65536 timeout 604800 counters
#ipset create sluice-c-dmz-cell1.a6 hash:ip,port,ip family inet6 maxelem 65536 timeout 604800 counters
*filter
:SLUICE - [0:0]
:SLUICE-CONFIRMED - [0:0]
:SLUICE-c-dmz-cell1 - [0:0]
:SLUICE-c-dmz-cell1.p - [0:0]
:SLUICE-c-dmz-cell1.r - [0:0]
:SLUICE-c-dmz-cell1.record - [0:0]
:SLUICE-c-dmz-cell1.replied - [0:0]
:SLUICE-c-dmz-cell1.rest - [0:0]
-A SLUICE -p icmp -m conntrack --ctstate RELATED -j RETURN
-A SLUICE -p ipv6-icmp -m conntrack --ctstate RELATED -j RETURN
-A SLUICE -g SLUICE-CONFIRMED
-4 -A SLUICE-CONFIRMED -s 10.20.1.0/24 -d 10.10.1.0/24 -g SLUICE-c-dmz-cell1
-4 -A SLUICE-CONFIRMED -s 10.10.1.0/24 -d 10.20.1.0/24 -g SLUICE-c-dmz-cell1
-6 -A SLUICE-CONFIRMED -s fd00:20::/64 -d fd00:10::/64 -g SLUICE-c-dmz-cell1
-6 -A SLUICE-CONFIRMED -s fd00:10::/64 -d fd00:20::/64 -g SLUICE-c-dmz-cell1

# conduit dmz-cell1: dmz and cell1
-A SLUICE-c-dmz-cell1 -m conntrack --ctstate ESTABLISHED --ctdir REPLY -g SLUICE-c-dmz-cell1.r
-A SLUICE-c-dmz-cell1 -g SLUICE-c-dmz-cell1.p

# permit poll (site.yaml:7): The process needs it.
# permit ping (site.yaml:7): The process needs it.
-4 -A SLUICE-c-dmz-cell1.p -s 10.20.1.10/32 -d 10.10.1.10/32 -p tcp -m tcp --dport 502 -m comment --comment poll -j RETURN
-4 -A SLUICE-c-dmz-cell1.p -g SLUICE-c-dmz-cell1.record
-6 -A SLUICE-c-dmz-cell1.p -s fd00:20::/64 -d fd00:10::1/128 -p ipv6-icmp -m icmp6 --icmpv6-type 128 -m comment --comment ping -j RETURN
-6 -A SLUICE-c-dmz-cell1.p -g SLUICE-c-dmz-cell1.record

# replies to permitted requests
-4 -A SLUICE-c-dmz-cell1.r -s 10.10.1.10/32 -d 10.20.1.10/32 -p tcp -m tcp --sport 502 -m comment --comment poll -j RETURN
-4 -A SLUICE-c-dmz-cell1.r -g SLUICE-c-dmz-cell1.replied
-6 -A SLUICE-c-dmz-cell1.r -s fd00:10::1/128 -d fd00:20::/64 -p ipv6-icmp -m icmp6 --icmpv6-type 129 -m comment --comment ping -j RETURN
-6 -A SLUICE-c-dmz-cell1.r -g SLUICE-c-dmz-cell1.replied
-4 -A SLUICE-c-dmz-cell1.record -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m set ! --match-set sluice-c-dmz-cell1.o4 src,dst,dst -j SET --add-set sluice-c-dmz-cell1.o4 src,dst,dst
-4 -A SLUICE-c-dmz-cell1.record -m set ! --match-set sluice-c-dmz-cell1.4 src,dst,dst -j SET --add-set sluice-c-dmz-cell1.4 src,dst,dst
-6 -A SLUICE-c-dmz-cell1.record -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m set ! --match-set sluice-c-dmz-cell1.o6 src,dst,dst -j SET --add-set sluice-c-dmz-cell1.o6 src,dst,dst
-6 -A SLUICE-c-dmz-cell1.record -m set ! --match-set sluice-c-dmz-cell1.6 src,dst,dst -j SET --add-set sluice-c-dmz-cell1.6 src,dst,dst
-A SLUICE-c-dmz-cell1.record -g SLUICE-c-dmz-cell1.rest
-4 -A SLUICE-c-dmz-cell1.replied -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m set ! --match-set sluice-c-dmz-cell1.a4 dst,src,src -j SET --add-set sluice-c-dmz-cell1.a4 dst,src,src
-6 -A SLUICE-c-dmz-cell1.replied -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m set ! --match-set sluice-c-dmz-cell1.a6 dst,src,src -j SET --add-set sluice-c-dmz-cell1.a6 dst,src,src
-A SLUICE-c-dmz-cell1.replied -g SLUICE-c-dmz-cell1.rest

# what no permit admits
-A SLUICE-c-dmz-cell1.rest -m comment --comment "dmz-cell1 record"
-A SLUICE-c-dmz-cell1.rest -m comment --comment "dmz-cell1 enforce" -j DROP
COMMIT
`);
});

test("the two stages differ in one line", () => {
  const [monitor, enforce] = [emit(conduitRules("monitor")), emit(conduitRules("enforce"))].map((text) =>
    text.split("\n"),
  );
  expect(monitor!.filter((line) => !enforce!.includes(line))).toEqual([
    '-A SLUICE-c-dmz-cell1.rest -m comment --comment "dmz-cell1 monitor" -j RETURN',
  ]);
});

test("a list of ports is split at fifteen, where a range counts as two, and no port is lost", () => {
  const ports = [
    ...Array.from({ length: 20 }, (_, index) => tcp(1000 + 3 * index)),
    tcp(5000, 5010),
    tcp(6000, 6001),
  ];
  const rules = conduitRules("enforce", [
    permit(ports.map((service) => box("10.20.1.1", "10.10.1.1", service))),
  ]);
  const lists = [...emit(rules).matchAll(/--dports (\S+)/g)].map((match) => match[1]!.split(","));
  expect(lists.map((list) => list.reduce((sum, port) => sum + (port.includes(":") ? 2 : 1), 0))).toEqual([
    15, 9,
  ]);
  expect(lists.flat()).toHaveLength(22);
});

test("every name fits, long ones are hashed, and the same id always has the same name", () => {
  const long = "packaging-hall-line-3-historian";
  const text = emit(conduitRules("enforce", undefined, long), {
    ...conduitRules("enforce", undefined, "packaging-hall-line-4-historian"),
    pairs: [{ left: parseRange("10.3.0.0/16"), right: parseRange("10.4.0.0/16") }],
  });
  const names = [...text.matchAll(/^:(\S+)/gm)].map((match) => match[1]!);
  expect(names.filter((name) => name.length > iptables.capabilities.nameLength)).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  // IPSET_MAXNAMELEN, with the zero at its end, is 32.
  const sets = [...text.matchAll(/^#ipset create (\S+)/gm)].map((match) => match[1]!);
  expect(sets).toHaveLength(9);
  expect(sets.filter((name) => name.length > 31)).toEqual([]);
  expect(new Set(sets).size).toBe(sets.length);
  expect(text).toContain(":SLUICE-c-pack_");
  expect(text).toContain(`"${long} enforce"`);
  expect(emit(conduitRules("enforce", undefined, long))).toContain(names[2]!);
});

test("two conduits that would share their chains are refused", () => {
  const text = emit(conduitRules("enforce"), conduitRules("monitor"));
  expect(iptables.parse(text, "x").diagnostics[0]?.message).toMatch(/is there already: rename one/);
});

test.each([
  ["ICMP type 255 of IPv4", { kind: "icmp", family: 4, type: 255 }, /type 255 means every type/],
  ["protocol 0", { kind: "protocol", protocol: 0 }, /protocol 0 means every protocol/],
] as const)(
  "%s, which iptables takes for all of them, is refused and not widened",
  (_name, service, message) => {
    const text = emit(conduitRules("enforce", [permit([box("10.20.1.1", "10.10.1.1", service)])]));
    const { value, diagnostics } = iptables.parse(text, "x.rules");
    expect(value).toBeUndefined();
    expect(diagnostics[0]?.message).toMatch(message);
  },
);

/** Many responders and initiators, hosts within networks among them, and ranges that are no prefix. */
const manyPermits = fc
  .array(
    fc.record({
      initiator: fc.nat(255),
      responder: fc.nat(250),
      width: fc.constantFrom(0, 0, 0, 1, 5),
      port: fc.constantFrom(102, 502, 4840),
    }),
    { minLength: 30, maxLength: 80 },
  )
  .map((list) =>
    list.map(({ initiator, responder, width, port }, index) => {
      const last = Math.min(255, responder + width);
      const to = `10.10.1.${responder}${width > 0 ? `-10.10.1.${last}` : ""}`;
      return permit([box(`10.20.1.${initiator}`, to, tcp(port))], `p${index}`);
    }),
  );

describe("the tree of a large conduit", () => {
  test("means what the flat list of its permits means", () => {
    fc.assert(
      fc.property(manyPermits, (permits) => {
        const rules = conduitRules("enforce", permits);
        const [text, flat] = [read(emit(rules)), rulesProgram(rules, rules.permits[0]!.origin)];
        const analysis = createAnalysis([text, flat], [], [], unlimited);
        expect(analysis.meaning(text)).toBe(analysis.meaning(flat));
      }),
      { numRuns: 30 },
    );
  });

  test("lets a packet meet few rules: a handful among ten thousand permits", () => {
    const permits = Array.from({ length: 10_000 }, (_, index) =>
      tcpPermit(
        `p${index}`,
        `10.20.1.${index % 200}`,
        `10.10.${Math.floor(index / 4) >> 8}.${(index >> 2) & 255}`,
      ),
    );
    const rules = {
      ...conduitRules("enforce", permits),
      pairs: [{ left: parseRange("10.20.1.0/24"), right: parseRange("10.10.0.0/16") }],
    };
    const { chains } = read(emit(rules));
    const packet: Packet = {
      ...{ family: 4, state: "original", protocol: 6, sourcePort: 40_000, destinationPort: 502 },
      ...{ source: parseRange("10.20.1.7").from, destination: parseRange("10.10.39.15").from },
    };
    const met = (chain: string): number => {
      const list = chains.get(chain)!.filter(({ cubes }) => cubes.some((cube) => (cube.family ?? 4) === 4));
      const at = list.findIndex((rule) => evaluate(one(rule), packet).verdict === "drop");
      const rule = list[at];
      return at + 1 + (rule?.action.kind === "goto" ? met(rule.action.chain) : 0);
    };
    expect(met("SLUICE")).toBeLessThan(60);
    expect(formatAddress(4, packet.destination)).toBe("10.10.39.15");
  });
});

/** Chains on the longest way from the root to the end. */
function longestPath(chains: ReturnType<typeof read>["chains"]): number {
  const known = new Map<string, number>();
  const from = (chain: string): number => {
    const length =
      known.get(chain) ??
      1 +
        Math.max(
          0,
          ...chains.get(chain)!.map(({ action }) => (action.kind === "goto" ? from(action.chain) : 0)),
        );
    known.set(chain, length);
    return length;
  };
  return from("SLUICE");
}

/** Networks within networks within networks, each with many initiators: as many layers as a tree must hold. */
const nested = conduitRules(
  "enforce",
  [8, 4, 2, 1].flatMap((hosts) =>
    Array.from({ length: 256 / hosts }, (_, block) =>
      Array.from({ length: 16 }, (_, initiator) =>
        permit(
          [
            box(
              `10.20.1.${initiator * 16 + hosts}`,
              hosts === 1
                ? `10.10.1.${block}`
                : `10.10.1.${block * hosts}-10.10.1.${block * hosts + hosts - 1}`,
              tcp(502),
            ),
          ],
          `p${hosts}-${block}-${initiator}`,
        ),
      ),
    ).flat(),
  ),
);

describe("a path through the chains", () => {
  test("leads through every layer of networks within networks", () => {
    const [text, flat] = [read(emit(nested)), rulesProgram(nested, nested.permits[0]!.origin)];
    const analysis = createAnalysis([text, flat], [], [], unlimited);
    expect(analysis.meaning(text)).toBe(analysis.meaning(flat));
  });

  test("is never longer than the kernel of the nft variant allows, a trial included", () => {
    expect(longestPath(read(emit(nested)).chains)).toBeLessThan(15);
    fc.assert(
      fc.property(manyPermits, (permits) => {
        expect(longestPath(read(emit(conduitRules("enforce", permits))).chains)).toBeLessThan(15);
      }),
      { numRuns: 10 },
    );
  });
});

/** A program that drops what a rule matches. */
const one = (rule: { readonly cubes: readonly object[] }) =>
  ({
    entry: "x",
    policy: "accept",
    chains: new Map([["x", [{ ...rule, action: { kind: "drop" } }]]]),
  }) as never;

describe.skipIf(missingForIptables)(`real tools (${missingForIptables ?? "here"})`, () => {
  test.each(["legacy", "nft"])("both tools of iptables-%s load the one file, twice over", (variant) => {
    const text = emit(conduitRules("enforce"), {
      ...conduitRules(
        "monitor",
        [tcpPermit("q", "10.21.0.0/16", "10.11.0.1-10.11.0.9")],
        "it-cell2-long-name",
      ),
      pairs: [{ left: parseRange("10.21.0.0/16"), right: parseRange("10.11.0.0/16") }],
    });
    loads(variant, text);
    loads(variant, emit(nested));
  });
});

function loads(variant: string, text: string): void {
  const script =
    "set -e; file=$(mktemp); trap 'rm $file' EXIT; cat > $file; sed -n 's/^#ipset //p' $file | ipset restore; " +
    `for tool in ip ip6; do \${tool}tables-${variant}-restore --noflush --test < $file; for time in 1 2; do ` +
    `\${tool}tables-${variant}-restore --noflush < $file; done; done`;
  const { status, stderr } = spawnSync("unshare", ["--net", "sh", "-c", script], {
    input: text,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
}
