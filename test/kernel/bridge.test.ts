import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/compile/backend.ts";
import type { Stage } from "../../src/compile/ir.ts";
import { parseAddress } from "../../src/net/address.ts";
import type { Service } from "../../src/net/service.ts";
import { compileConduit } from "../../src/verify/compile.ts";
import { iptables } from "../../targets/iptables/target.ts";
import { bridgeObstacles } from "../../targets/linux-bridge.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { missingForIptables } from "../support/iptables-host.ts";
import { type Flows, policy, tcp, unlimited } from "../support/policies.ts";
import { missingForNft } from "../support/real-nft.ts";

/** A firewall that is a bridge: two whole hosts of two zones on a real one, and the compiled rulesets between them. */
interface Judge {
  readonly name: string;
  readonly missing: string | undefined;
  readonly target: Backend;
  /** Loads a ruleset on standard input, and prints the record. */
  readonly load: string;
  readonly list: string;
  /** How the record shows a request of TCP. */
  readonly noted: (source: string, destination: string, port: number) => string;
}

const missingHere =
  missingForNft ??
  (spawnSync("python3", ["--version"]).status === 0 ? undefined : "needs python3") ??
  (existsSync("/proc/sys/net/bridge") ? undefined : "needs br_netfilter");

const iptablesJudge = (variant: "legacy" | "nft"): Judge => ({
  name: `iptables-${variant}`,
  missing: missingHere ?? missingForIptables,
  target: iptables,
  load:
    "file=$(mktemp); trap 'rm $file' EXIT; cat > $file; sed -n 's/^#ipset //p' $file | ipset restore; " +
    `for version in ip ip6; do \${version}tables-${variant}-restore --noflush < $file && ` +
    `\${version}tables-${variant} -I FORWARD -j SLUICE || exit; done`,
  list: "ipset save",
  noted: (source, destination, port) => `${source},tcp:${port},${destination} timeout`,
});

const judges: readonly Judge[] = [
  {
    name: "nft",
    missing: missingHere,
    target: nftables,
    load: "nft -f -",
    list: "for n in 4 6; do nft -s list set inet sluice c_left_right_recordports$n; done",
    noted: (source, destination, port) => `${source} . ${destination} . tcp . ${port} counter`,
  },
  iptablesJudge("legacy"),
  iptablesJudge("nft"),
];

interface Attempt {
  readonly side: "left" | "right";
  readonly source: string;
  readonly destination: string;
  readonly port: number;
}
const [left4, left6, right4, right6] = ["10.0.1.2", "fd00:1::2", "10.0.2.3", "fd00:2::3"];
const permitted: readonly Attempt[] = [
  { side: "left", source: left4, destination: right4, port: 502 },
  { side: "left", source: left6, destination: right6, port: 502 },
];
const forbidden: readonly Attempt[] = [
  { side: "left", source: left4, destination: right4, port: 503 },
  { side: "right", source: right4, destination: left4, port: 502 },
  { side: "left", source: left6, destination: right6, port: 503 },
  { side: "right", source: right6, destination: left6, port: 502 },
];
const attempts = [...permitted, ...forbidden];

/** Solicitation and advertisement (RFC 4861): a bridge carries them from zone to zone, where a router answers itself. */
const neighbours: readonly Service[] = [135, 136].map((type) => ({ kind: "icmp", family: 6, type }));
const discovery: readonly Flows[] = [
  { from: [left6], to: [right6], services: neighbours },
  { from: [right6], to: [left6], services: neighbours },
];
const poll: readonly Flows[] = permitted.map(({ source, destination, port }) => ({
  from: [source],
  to: [destination],
  services: [tcp(port)],
}));

const names = ["bridge-nf-call-iptables", "bridge-nf-call-ip6tables", "bridge-nf-filter-vlan-tagged"];
type Values = readonly ["0" | "1", "0" | "1", "0" | "1"];
const obstaclesOf = (values: Values) => bridgeObstacles({ code: 0, stdout: `${values.join("\n")}\n` });

/** Frames without IP, as a switch has them: GOOSE, Profinet RT, ARP, and a message of spanning tree. */
const untagged: readonly string[] = [
  ["010ccd010001", "020000000001", "88b8", "0001000800000000"],
  ["010ecf000000", "020000000001", "8892", "fefe000000000000"],
  ["ffffffffffff", "020000000001", "0806", "0001080006040001020000000001c0000201000000000000c0000202"],
  ["0180c2000000", "020000000001", "0026", "4242030000000000"],
].map((parts) => parts.join("").padEnd(120, "0"));

/** A request of TCP in a frame of VLAN 7. */
function tagged({ source, destination, port }: Attempt): string {
  const { family } = parseAddress(source);
  const word = (value: number): string => value.toString(16).padStart(4, "0");
  const ends = [source, destination]
    .map((end) =>
      parseAddress(end)
        .from.toString(16)
        .padStart(family === 4 ? 8 : 32, "0"),
    )
    .join("");
  const transport = `${word(40_000)}${word(port)}${"0".repeat(16)}50022000${"0".repeat(8)}`;
  const before = "450000280001000040060000";
  const sum = (before + ends).match(/.{4}/g)!.reduce((total, part) => total + Number.parseInt(part, 16), 0);
  const header =
    family === 4 ? before.slice(0, 20) + word(~((sum & 0xffff) + (sum >> 16)) & 0xffff) : "6000000000140640";
  const type = family === 4 ? "0800" : "86dd";
  return `02000000000202000000000181000007${type}${header}${ends}${transport}`;
}

interface Plant {
  readonly stage: Stage;
  readonly permits?: readonly Flows[];
  readonly settings?: Values;
  /** What left sends beside the attempts. */
  readonly frames?: readonly string[];
}

/** Which attempts were answered through the bridge, which frames it carried, and the record after them. */
function tryAll(
  judge: Judge,
  { stage, permits = [...poll, ...discovery], settings = ["1", "1", "1"], frames = untagged }: Plant,
): {
  readonly answered: readonly Attempt[];
  readonly carried: readonly boolean[];
  readonly listing: string;
} {
  const { ruleset } = compileConduit({
    ...policy(permits),
    firewall: "fw1",
    stage,
    target: judge.target,
    baseline: undefined,
    budget: unlimited,
  });
  const input = JSON.stringify({
    settings: Object.fromEntries(names.map((name, index) => [name, settings[index]])),
    ruleset: ruleset!.text,
    load: judge.load,
    list: judge.list,
    attempts,
    frames,
  });
  const script = join(import.meta.dirname, "bridge.py");
  const { status, stdout, stderr } = spawnSync("unshare", ["--net", "--mount", "python3", script], {
    input,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const { answered, ...rest } = JSON.parse(stdout) as {
    readonly answered: readonly boolean[];
    readonly carried: readonly boolean[];
    readonly listing: string;
  };
  return { answered: attempts.filter((_, index) => answered[index]), ...rest };
}

describe.each(judges)("a bridge with $name", (judge) => {
  const recorded = (listing: string): readonly Attempt[] =>
    attempts.filter(({ source, destination, port }) =>
      listing.includes(judge.noted(source, destination, port)),
    );

  describe.skipIf(judge.missing)(
    judge.missing ? `(skipped: ${judge.missing})` : "here",
    { timeout: 60_000 },
    () => {
      test("lets pass what is permitted in enforce, and drops and records the rest", () => {
        const { answered, listing, carried } = tryAll(judge, { stage: "enforce" });
        expect(carried).toEqual(untagged.map(() => true));
        expect(answered).toEqual(permitted);
        expect(recorded(listing)).toEqual(forbidden);
      });

      test("lets everything pass in monitor, and records what enforcement would drop", () => {
        const { answered, listing } = tryAll(judge, { stage: "monitor" });
        expect(answered).toEqual(attempts);
        expect(recorded(listing)).toEqual(forbidden);
      });

      test.each([
        ["IPv4", ["0", "1", "1"], (address: string) => !address.includes(":")],
        ["IPv6", ["1", "0", "1"], (address: string) => address.includes(":")],
      ] as const)(
        "sees nothing of %s where its setting is off, and preflight refuses that",
        (_name, settings, unseen) => {
          const { answered, listing } = tryAll(judge, { stage: "enforce", settings });
          expect(answered).toEqual(attempts.filter((one) => unseen(one.source) || permitted.includes(one)));
          expect(recorded(listing)).toEqual(forbidden.filter(({ source }) => !unseen(source)));
          expect(obstaclesOf(settings)).toHaveLength(1);
        },
      );

      test("judges frames with a VLAN tag as others, and sees none of them where that setting is off", () => {
        const asked = attempts.filter(({ side }) => side === "left");
        const frames = asked.map(tagged);
        const { carried } = tryAll(judge, { stage: "enforce", frames });
        expect(carried).toEqual(asked.map((one) => permitted.includes(one)));
        const blind = tryAll(judge, { stage: "enforce", frames, settings: ["1", "1", "0"] });
        expect(blind.carried).toEqual(asked.map(() => true));
        expect(obstaclesOf(["1", "1", "0"])).toHaveLength(1);
      });

      test("carries ARP unseen, and neighbour discovery of IPv6 only where it is permitted", () => {
        const { answered } = tryAll(judge, { stage: "enforce", permits: poll });
        expect(answered).toEqual(permitted.filter(({ source }) => source === left4));
      });
    },
  );
});
