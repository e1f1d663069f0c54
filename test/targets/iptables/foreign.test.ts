import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parsePacket } from "../../../src/compile/packet-text.ts";
import { judge, type Reading } from "../../../src/compile/reading.ts";
import { createReadings } from "../../../src/verify/readings.ts";
import { isDump, readForeign } from "../../../targets/iptables/foreign/read.ts";
import { missingForIptables } from "../../support/iptables-host.ts";
import { policy, unlimited } from "../../support/policies.ts";
import { inNamespace } from "../../support/real-nft.ts";

const { site } = policy([]);

function read(text: string): Reading {
  const { value, diagnostics } = readForeign(text, "rules.v4");
  if (!value) throw new Error(JSON.stringify(diagnostics));
  return value;
}

const forward = (rules: readonly string[], policyWord = "DROP", chains: readonly string[] = []): string =>
  [
    "*filter",
    `:FORWARD ${policyWord} [0:0]`,
    ...chains,
    ...rules.map((rule) => `-A ${rule}`),
    "COMMIT",
    "",
  ].join("\n");

const answer = (text: string, packet: string): string => judge(read(text), parsePacket(packet, site));

describe("anybody's iptables rules", () => {
  test.each([
    ["FORWARD -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT", "tcp 10.1.1.1 -> 1.1.1.1:22", "accept"],
    ["FORWARD -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT", "udp 10.1.1.1 -> 1.1.1.1:22", "drop"],
    ["FORWARD -s 10.0.0.7/255.0.0.0 -j ACCEPT", "udp 10.1.1.1 -> 1.1.1.1:22", "accept"],
    ["FORWARD ! -s 10.0.0.0/8 -j ACCEPT", "udp 11.1.1.1 -> 1.1.1.1:22", "accept"],
    ["FORWARD ! -s 10.0.0.0/8 -j ACCEPT", "udp 10.1.1.1 -> 1.1.1.1:22", "drop"],
    ["FORWARD -s ! 10.0.0.0/8 -j ACCEPT", "udp 10.1.1.1 -> 1.1.1.1:22", "drop"],
    ["FORWARD ! -p tcp -j ACCEPT", "udp 10.1.1.1 -> 1.1.1.1:22", "accept"],
    ["FORWARD ! -p tcp -j ACCEPT", "tcp 10.1.1.1 -> 1.1.1.1:22", "drop"],
    ["FORWARD -p tcp -m multiport --dports 22,80:90 -j ACCEPT", "tcp 1.1.1.1 -> 1.1.1.2:85", "accept"],
    ["FORWARD -p tcp -m multiport ! --dports 22,80:90 -j ACCEPT", "tcp 1.1.1.1 -> 1.1.1.2:85", "drop"],
    ["FORWARD -p udp -m multiport --ports 53 -j ACCEPT", "udp 1.1.1.1:53 -> 1.1.1.2:85", "accept"],
    ["FORWARD -p udp -m multiport ! --ports 53 -j ACCEPT", "udp 1.1.1.1:53 -> 1.1.1.2:85", "drop"],
    ["FORWARD -p tcp -m tcp --dport :1023 -j ACCEPT", "tcp 1.1.1.1 -> 1.1.1.2:1023", "accept"],
    ["FORWARD -p tcp -m tcp --dport 1024: -j ACCEPT", "tcp 1.1.1.1 -> 1.1.1.2:1023", "drop"],
    ["FORWARD -m iprange --src-range 10.0.0.5-10.0.0.9 -j ACCEPT", "tcp 10.0.0.9 -> 1.1.1.2:1", "accept"],
    ["FORWARD -m iprange ! --src-range 10.0.0.5-10.0.0.9 -j ACCEPT", "tcp 10.0.0.9 -> 1.1.1.2:1", "drop"],
    ["FORWARD -p icmp -m icmp --icmp-type 3/4 -j ACCEPT", "icmp 3 code 4 1.1.1.1 -> 1.1.1.2", "accept"],
    ["FORWARD -p icmp -m icmp --icmp-type 3/4 -j ACCEPT", "icmp 3 code 3 1.1.1.1 -> 1.1.1.2", "drop"],
    ["FORWARD -p icmp -m icmp ! --icmp-type 3/4 -j ACCEPT", "icmp 3 code 3 1.1.1.1 -> 1.1.1.2", "accept"],
    ["FORWARD -p icmp -m icmp --icmp-type any -j ACCEPT", "icmp 9 1.1.1.1 -> 1.1.1.2", "accept"],
    ["FORWARD -p icmp -m icmp --icmp-type echo-request -j ACCEPT", "icmp 8 1.1.1.1 -> 1.1.1.2", "accept"],
    [
      "FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "tcp 1.1.1.1:9 -> 1.1.1.2:1 (reply)",
      "accept",
    ],
    ["FORWARD -m state --state NEW -j ACCEPT", "tcp 1.1.1.1:9 -> 1.1.1.2:1 (reply)", "drop"],
    ["FORWARD -m conntrack --ctstate NEW,DNAT -j ACCEPT", "tcp 1.1.1.1:9 -> 1.1.1.2:1", "unknown"],
    ["FORWARD -m conntrack --ctdir REPLY -j ACCEPT", "tcp 1.1.1.1:9 -> 1.1.1.2:1", "drop"],
    ["FORWARD -i eth0 -p tcp -j ACCEPT", "tcp 1.1.1.1:9 -> 1.1.1.2:1", "unknown"],
    ["FORWARD -i eth0 -p tcp -j ACCEPT", "tcp 1.1.1.1:9 -> 1.1.1.2:1 in eth0", "accept"],
    ["FORWARD -i eth0 -p tcp -j ACCEPT", "tcp 1.1.1.1:9 -> 1.1.1.2:1 in eth1", "drop"],
    ["FORWARD ! -i eth+ -o eth1 -j ACCEPT", "tcp 1.1.1.1:9 -> 1.1.1.2:1 in wan out eth1", "accept"],
    ["FORWARD ! -i eth+ -o eth1 -j ACCEPT", "tcp 1.1.1.1:9 -> 1.1.1.2:1 in eth7 out eth1", "drop"],
    ["FORWARD -i eth0 -p tcp -j ACCEPT", "udp 1.1.1.1:9 -> 1.1.1.2:1", "drop"],
    ["FORWARD -i lo -j ACCEPT", "udp 1.1.1.1:9 -> 1.1.1.2:1", "drop"],
    ["FORWARD ! -o lo -j ACCEPT", "udp 1.1.1.1:9 -> 1.1.1.2:1", "accept"],
    [
      "FORWARD -m recent --rcheck --seconds 60 --name x --rsource -j ACCEPT",
      "tcp 1.1.1.1 -> 1.1.1.2:1",
      "unknown",
    ],
    ["FORWARD -m limit --limit 5/min -p tcp -j ACCEPT", "udp 1.1.1.1 -> 1.1.1.2:1", "drop"],
    ['FORWARD -m string --string "-j ACCEPT" --algo bm -j ACCEPT', "udp 1.1.1.1 -> 1.1.1.2:1", "unknown"],
    ['FORWARD -m comment --comment "! -j DROP" -j ACCEPT', "udp 1.1.1.1 -> 1.1.1.2:1", "accept"],
    ["FORWARD -p tcp -m tcp --tcp-flags FIN,SYN SYN -j ACCEPT", "tcp 1.1.1.1 -> 1.1.1.2:1", "accept"],
    [
      "FORWARD -p tcp -m tcp --tcp-flags FIN,SYN SYN -j ACCEPT",
      "tcp 1.1.1.1:1 -> 1.1.1.2:9 (reply)",
      "unknown",
    ],
    ["FORWARD -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT", "tcp 1.1.1.1 -> 1.1.1.2:1", "drop"],
    ["FORWARD -p tcp -m tcp ! --syn -j ACCEPT", "tcp 1.1.1.1 -> 1.1.1.2:1", "drop"],
    ["FORWARD -p tcp -m tcp --tcp-flags ALL NONE -j ACCEPT", "tcp 1.1.1.1 -> 1.1.1.2:1", "drop"],
    ["FORWARD -j NFQUEUE --queue-num 1", "tcp 1.1.1.1 -> 1.1.1.2:1", "unknown"],
    ["FORWARD -p all -j LOG --log-prefix x", "tcp 1.1.1.1 -> 1.1.1.2:1", "drop"],
    ["FORWARD", "tcp 1.1.1.1 -> 1.1.1.2:1", "drop"],
  ])("%s: %s gives %s", (rule, packet, expected) => {
    expect(answer(forward([rule]), packet)).toBe(expected);
  });

  test("RETURN in a built-in chain is its policy, behind a jump it goes on, behind a goto it is the policy", () => {
    const packet = "tcp 1.1.1.1 -> 1.1.1.2:1";
    expect(answer(forward(["FORWARD -j RETURN", "FORWARD -j ACCEPT"]), packet)).toBe("drop");
    const sub = (how: string) =>
      forward([`FORWARD ${how} sub`, "FORWARD -j ACCEPT", "sub -j RETURN"], "DROP", [":sub - [0:0]"]);
    expect(answer(sub("-j"), packet)).toBe("accept");
    expect(answer(sub("-g"), packet)).toBe("drop");
  });

  test("a family that nobody filters is open, and each is read by what announces it or by its addresses", () => {
    const four = `# Generated by iptables-save v1.8.9\n${forward([])}`;
    const six = `# Generated by ip6tables-save v1.8.9\n${forward([], "ACCEPT")}`;
    expect(answer(four + six, "tcp 1.1.1.1 -> 1.1.1.2:1")).toBe("drop");
    expect(answer(four + six, "tcp fd00::1 -> [fd00::2]:1")).toBe("accept");
    expect(read(four + six).gates.map(({ name }) => name)).toEqual([
      "IPv4 filter FORWARD",
      "IPv6 filter FORWARD",
    ]);
    expect(answer(forward(["FORWARD -s fd00::/8 -j ACCEPT"]), "tcp fd00::1 -> [fd00::2]:1")).toBe("accept");
  });

  test("a family that nothing tells may be either, and a file's name may tell it", () => {
    const text = forward([], "DROP");
    const both = ["tcp 1.1.1.1 -> 1.1.1.2:9", "tcp fd00::1 -> [fd00::2]:9"].map((one) =>
      parsePacket(one, site),
    );
    const named = (file: string): readonly string[] => {
      const { value } = readForeign(text, file);
      return [
        ...both.map((packet) => judge(value!, packet)),
        ...value!.unmodelled.map(({ construct }) => construct),
      ];
    };
    expect(named("/etc/iptables/rules.v6")).toEqual(["accept", "drop"]);
    expect(named("/etc/sysconfig/iptables")).toEqual(["drop", "accept"]);
    expect(named("rules")).toEqual([
      "unknown",
      "unknown",
      "IP version of filter FORWARD, which nothing tells",
    ]);
  });

  test("rules of ebtables are refused by name", () => {
    const text =
      "# Generated by ebtables-save v1.8.9 (nf_tables)\n*filter\n:FORWARD ACCEPT\n-A FORWARD -j DROP\n";
    expect(readForeign(text, "rules").diagnostics[0]!.message).toContain("rules of ebtables");
  });

  test("an answer that no interface changes is certain, whatever the rules ask for them", () => {
    const rules = ["FORWARD -i eth0 -p tcp -j ACCEPT", "FORWARD ! -i eth0 -p tcp -j ACCEPT"];
    expect(answer(forward(rules), "tcp 1.1.1.1 -> 1.1.1.2:1")).toBe("accept");
    expect(answer(forward(rules), "udp 1.1.1.1 -> 1.1.1.2:1")).toBe("drop");
    expect(answer(forward(rules.slice(1)), "tcp 1.1.1.1 -> 1.1.1.2:1")).toBe("unknown");
  });

  test("tables of the other variant that the text warns of and does not hold may drop what passes here", () => {
    const nft = forward(["FORWARD -p tcp -m tcp --dport 22 -j DROP"], "ACCEPT");
    const warning = "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n";
    const ask = (text: string) => ["22", "23"].map((port) => answer(text, `tcp 1.1.1.1 -> 1.1.1.2:${port}`));
    expect(ask(nft + warning)).toEqual(["drop", "unknown"]);
    expect(read(nft + warning).unmodelled.map(({ span }) => span.line)).toEqual([5]);
    expect(ask(nft + warning + forward([], "ACCEPT"))).toEqual(["drop", "accept"]);
    expect(answer(nft + warning, "tcp fd00::1 -> [fd00::2]:23")).toBe("accept");
  });

  test("a built-in chain that the text does not declare has a policy that nobody knows", () => {
    const text = "*filter\n-A FORWARD -p tcp -m tcp --dport 22 -j DROP\nCOMMIT\n";
    expect(answer(text, "tcp 1.1.1.1 -> 1.1.1.2:22")).toBe("drop");
    expect(answer(text, "tcp 1.1.1.1 -> 1.1.1.2:23")).toBe("unknown");
    expect(read(text).unmodelled.map(({ construct }) => construct)).toEqual(["policy of FORWARD"]);
  });

  test("every table on the way counts, and each variant: legacy and nft live side by side", () => {
    const legacy = forward(["FORWARD -p tcp -j ACCEPT"]);
    const nft = forward(["FORWARD -p tcp -m tcp --dport 22 -j DROP"], "ACCEPT");
    const raw = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 23 -j DROP\nCOMMIT\n";
    expect(
      ["22", "23", "24"].map((port) => answer(legacy + nft + raw, `tcp 1.1.1.1 -> 1.1.1.2:${port}`)),
    ).toEqual(["drop", "drop", "accept"]);
  });

  test("what is not modelled is named, with its line", () => {
    const rules = [
      "FORWARD -i eth0 -m recent --set --name x -m limit --limit 1/s -j ACCEPT",
      "FORWARD -j TARPIT",
    ];
    expect(read(forward(rules)).unmodelled.map(({ construct, span }) => `${construct} ${span.line}`)).toEqual(
      ["-m recent 3", "-m limit 3", "-j TARPIT 4"],
    );
  });

  test.each([
    [forward(["FORWARD --dport 22 -j ACCEPT"]), 3, "under -p"],
    [forward(["FORWARD -p gre --dport 22 -j ACCEPT"]), 3, "under -p"],
    [forward(["FORWARD -j nowhere"]), 3, 'no chain "nowhere"'],
    [forward(["nowhere -j ACCEPT"]), 3, 'no chain "nowhere"'],
    [forward(["FORWARD -s fd00::/64 -s 10.0.0.1 -j ACCEPT"]), 3, "not IPv6"],
    [forward(["a -j b", "b -j a", "FORWARD -j a"], "DROP", [":a - [0:0]", ":b - [0:0]"]), 2, "leads back"],
    ["*filter\n:FORWARD ACCEPT [0:0]\n", 3, "COMMIT"],
    ["*filter\n:FORWARD ACCEPT [0:0]\n-I FORWARD -j DROP\nCOMMIT\n", 3, "-A"],
    ["Chain FORWARD (policy ACCEPT)\n", 1, "*filter"],
  ])("refuses %j at line %i", (text, line, words) => {
    const { value, diagnostics } = readForeign(text, "rules.v4");
    expect(value).toBeUndefined();
    expect(diagnostics[0]!.message).toContain(words);
    expect(diagnostics[0]!.span!.line).toBe(line);
  });
});

const shared = "../shared/data/rulesets/iptables";
const dumps = ((): readonly string[] => {
  try {
    return readdirSync(shared, { recursive: true, encoding: "utf8" })
      .filter((name) => name.startsWith("config") || name.startsWith("blog"))
      .filter((name) => /save|txt$|server\/|762|sav/.test(name))
      .map((name) => join(shared, name))
      .filter((file) => {
        try {
          return isDump(readFileSync(file, "utf8"));
        } catch {
          return false;
        }
      });
  } catch {
    return [];
  }
})();

describe.skipIf(dumps.length === 0)(
  dumps.length === 0 ? `real dumps (skipped: needs ${shared})` : "real dumps",
  () => {
    test("are found", () => expect(dumps.length).toBeGreaterThan(20));

    test.each(dumps)("%s is read within the budget, or refused with its place", (file) => {
      const { value, diagnostics } = readForeign(readFileSync(file, "utf8"), file);
      if (!value) {
        expect(diagnostics[0]!.span!.line).toBeGreaterThan(0);
        process.stdout.write(`REFUSED ${file}:${diagnostics[0]!.span!.line} ${diagnostics[0]!.message}\n`);
        return;
      }
      const answers = createReadings([value], [], [], unlimited).answers(value, [
        { family: 4, states: ["original"] },
      ]);
      expect(Object.keys(answers).length).toBeGreaterThan(0);
      for (const kind of ["accept", "drop", "unknown"] as const) {
        if (answers[kind]) expect(judge(value, answers[kind])).toBe(kind);
      }
    });
  },
);

describe.skipIf(missingForIptables)(
  missingForIptables ? `iptables-save itself (skipped: ${missingForIptables})` : "iptables-save itself",
  () => {
    test.each(["legacy", "nft"])("prints with %s what is read as it was meant", (variant) => {
      const rules = [
        'FORWARD -s 10.0.0.0/8 -p tcp -m multiport --dports 22,80:90 -m comment --comment "a \\"b\\" c" -j ACCEPT',
        "FORWARD ! -s 10.0.0.0/8 -p icmp -m icmp --icmp-type echo-request -j ACCEPT",
        "FORWARD -p udp -m udp ! --sport 1024:65535 -m limit --limit 3/sec -j ACCEPT",
      ];
      const text = forward(rules);
      const { stdout } = inNamespace(`iptables-${variant}-restore && iptables-${variant}-save -c`, text);
      const [meant, printed] = [read(text), read(stdout)];
      expect(createReadings([meant, printed], [], [], unlimited).apart(meant, printed)).toBeUndefined();
      expect(answer(stdout, "tcp 10.0.0.1 -> 1.1.1.1:85")).toBe("accept");
    });
  },
);
