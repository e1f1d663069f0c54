import { describe, expect, test } from "vitest";
import type { Baseline, BaselineFlow } from "../../src/baseline/flow.ts";
import type { Stage } from "../../src/compile/ir.ts";
import { parseRange } from "../../src/net/address.ts";
import { formatPacket } from "../../src/net/packet.ts";
import { type ClaimResult, mayBeWritten } from "../../src/verify/claims/claim.ts";
import { type CompileOrder, compileConduit, verifyText } from "../../src/verify/compile.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { type Flows, policy, tcp, unlimited } from "../support/policies.ts";

const poll: Flows = { from: ["10.0.1.2"], to: ["10.0.2.3"], services: [tcp(502)] };

const flow = (changes: Partial<BaselineFlow> = {}): BaselineFlow => ({
  ...{ family: 4, initiator: "10.0.1.2", responder: "10.0.2.3", protocol: 6, port: 502 },
  ...{ connections: 1, packets: 10, bytes: 1_000, evidence: "syn", confidence: 1, answered: true },
  ...{ firstSeen: "2026-01-01T00:00:00Z", lastSeen: "2026-01-01T01:00:00Z" },
  ...changes,
});
const baseline = (...flows: readonly BaselineFlow[]): Baseline => ({
  ...{ schema: "sluice/baseline", version: 1, sources: [], flows },
});

const order = (
  drawn: ReturnType<typeof policy>,
  stage: Stage,
  observed: Baseline | undefined = baseline(),
): CompileOrder => ({
  ...drawn,
  firewall: "fw1",
  stage,
  target: nftables,
  baseline: observed,
  budget: unlimited,
});

const results = (claims: readonly ClaimResult[]): readonly string[] =>
  claims.map((claim) =>
    claim.result === "failed" ? `${claim.claim}: ${formatPacket(claim.packet)}` : claim.result,
  );
const claimsOf = (...args: Parameters<typeof order>): readonly ClaimResult[] =>
  compileConduit(order(...args)).ruleset!.claims;

describe("every claim", () => {
  test("is proved of a conduit that permits what was observed", () => {
    for (const stage of ["monitor", "enforce"] as const) {
      expect(results(claimsOf(policy([poll]), stage, baseline(flow())))).toEqual([
        "proved",
        "proved",
        "proved",
      ]);
    }
  });

  test("is open past the budget, and then nothing may be written", () => {
    const budget = { nodes: 3, outOfTime: () => false };
    const { ruleset, diagnostics } = compileConduit({ ...order(policy([poll]), "enforce"), budget });
    expect(ruleset!.claims.map((claim) => claim.result)).toEqual(Array(3).fill("not-proved"));
    expect(mayBeWritten(ruleset!.claims)).toBe(false);
    expect(diagnostics.every(({ severity }) => severity === "error")).toBe(true);
  });
});

describe("the claim that the baseline is kept", () => {
  const other = flow({ initiator: "10.0.1.2", port: 44_818 });

  test("fails in enforce on an observed flow that is neither permitted nor denied, and names it", () => {
    const { ruleset, diagnostics } = compileConduit(
      order(policy([poll]), "enforce", baseline(flow(), other)),
    );
    expect(results(ruleset!.claims)[1]).toBe("baseline-kept: tcp 10.0.1.2:40000 -> 10.0.2.3:44818");
    expect(mayBeWritten(ruleset!.claims)).toBe(false);
    const [failed] = diagnostics.filter(({ severity }) => severity === "error");
    expect(failed!.message).toContain("tcp 10.0.1.2 -> 10.0.2.3 44818");
    expect(failed!.related?.[0]?.span.file).toBe("left-right.enforce.nft");
  });

  test("holds in monitor, where nothing is dropped", () => {
    expect(results(claimsOf(policy([poll]), "monitor", baseline(other)))[1]).toBe("proved");
  });

  test("holds for a flow that was decided against", () => {
    const denied = policy([poll], [{ ...poll, services: [tcp(44_818)] }]);
    expect(results(claimsOf(denied, "enforce", baseline(flow(), other)))[1]).toBe("proved");
    const elsewhere = policy([poll], [{ ...poll, to: ["10.0.2.4"], services: [tcp(44_818)] }]);
    expect(results(claimsOf(elsewhere, "enforce", baseline(other)))[1]).toContain("44818");
  });

  test.each([
    ["nobody answered", flow({ port: 9, answered: false })],
    ["that is multicast", flow({ responder: "239.1.1.1", notRoutable: "multicast" })],
    ["between other zones", flow({ initiator: "10.9.9.9" })],
    ["inside one zone", flow({ initiator: "10.0.2.5" })],
  ])("says nothing about a flow %s", (_, ignored) => {
    expect(results(claimsOf(policy([poll]), "enforce", baseline(ignored)))[1]).toBe("proved");
  });

  test("holds ICMP, port-less and IPv6 flows to the same standard", () => {
    const { port: _, ...rest } = flow();
    const flows = [
      { ...rest, protocol: 1, icmpType: 8 },
      { ...rest, protocol: 47 },
      { ...rest, family: 6 as const, initiator: "fd00:1::2", responder: "fd00:2::3", protocol: 17, port: 53 },
    ];
    const failing = flows.map((one) => results(claimsOf(policy([poll]), "enforce", baseline(one)))[1]);
    expect(failing).toEqual([
      "baseline-kept: icmp type 8 code 0 10.0.1.2 -> 10.0.2.3",
      "baseline-kept: gre 10.0.1.2 -> 10.0.2.3",
      "baseline-kept: udp [fd00:1::2]:40000 -> [fd00:2::3]:53",
    ]);
  });

  test("is open without a baseline, which alone keeps nothing from being written", () => {
    const claims = compileConduit({ ...order(policy([poll]), "enforce"), baseline: undefined }).ruleset!
      .claims;
    expect(results(claims)[1]).toBe("not-proved");
    expect(mayBeWritten(claims)).toBe(true);
  });
});

describe("the claim that assertions hold", () => {
  const assertion = (verdict: "accept" | "deny", from: string, to: string, port: number) => ({
    ...{ id: "stated", verdict, from: [parseRange(from)], to: [parseRange(to)], services: [tcp(port)] },
    ...{ reason: "It was decided.", span: { file: "site.yaml", line: 70, column: 1, length: 1 } },
  });
  const claim = (stage: Stage, ...assertions: readonly ReturnType<typeof assertion>[]) => {
    const { site, conduit } = policy([poll]);
    return results(claimsOf({ site: { ...site, assertions }, conduit }, stage))[3];
  };

  test("is there only where the site file asserts something that the conduit carries", () => {
    expect(claim("enforce")).toBeUndefined();
    expect(claim("enforce", assertion("deny", "10.7.0.0/16", "10.0.2.3", 502))).toBeUndefined();
    expect(claim("enforce", assertion("accept", "10.0.1.2", "10.0.2.3", 502))).toBe("proved");
    expect(claim("enforce", assertion("deny", "10.0.1.2", "10.0.2.3", 503))).toBe("proved");
  });

  test("fails for one request of a set, and names it", () => {
    expect(claim("enforce", assertion("deny", "10.0.0.0/16", "10.0.0.0/16", 502))).toBe(
      "asserted: tcp 10.0.1.2:40000 -> 10.0.2.3:502",
    );
    expect(claim("enforce", assertion("accept", "10.0.1.2-10.0.1.3", "10.0.2.3", 502))).toBe(
      "asserted: tcp 10.0.1.3:40000 -> 10.0.2.3:502",
    );
  });

  test("says nothing about denials in monitor, where nothing is dropped", () => {
    expect(claim("monitor", assertion("deny", "10.0.1.2", "10.0.2.3", 502))).toBeUndefined();
    expect(claim("monitor", assertion("accept", "10.0.1.3", "10.0.2.3", 502))).toBe("proved");
  });
});

describe("a text that was changed by hand", () => {
  const subject = order(policy([poll]), "enforce", baseline(flow()));
  const { text } = compileConduit(subject).ruleset!;
  const verify = (from: string | RegExp, to: string) => {
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    return verifyText(subject, changed, "changed.nft");
  };

  test("that admits more is refuted with the packet and the line that admits it", () => {
    const element = '10.0.1.2 . 10.0.2.3 . tcp . 502 comment "permit-0"';
    const { ruleset, diagnostics } = verify(element, `${element}, ${element.replace("502", "503")}`);
    expect(results(ruleset!.claims)[2]).toBe("nothing-more: tcp 10.0.1.2:40000 -> 10.0.2.3:503");
    const line = text.split("\n").findIndex((one) => one.includes(element)) + 1;
    expect(diagnostics[0]!.related?.[0]?.span.line).toBe(line);
  });

  test("that forgets the replies is refuted with a reply", () => {
    const { ruleset } = verify("ct state established ct direction reply goto c_left_right_replies\n", "");
    expect(results(ruleset!.claims)[0]).toBe("faithful: tcp 10.0.2.3:502 -> 10.0.1.2:1 (reply)");
    expect(results(ruleset!.claims)[1]).toContain("(reply)");
  });

  test("that counts for another permit is refuted, since abort criteria rest on the counters", () => {
    const { ruleset } = verify('comment "permit-0"', 'comment "permit-9"');
    expect(results(ruleset!.claims)[0]).toContain("faithful");
  });

  test("that no longer records ICMP under its type is refused", () => {
    const { diagnostics } = verify(/\n +meta l4proto icmp update.*/, "");
    expect(diagnostics[0]!.message).toContain('"c_left_right_record" does not note what a record holds');
  });

  test("whose other stage is damaged is refused, though no packet meets it now", () => {
    const { diagnostics } = verify("counter accept", "counter drop");
    expect(diagnostics[0]!.message).toContain('"c_left_right_monitor" is not what this stage is');
  });

  test("that is not ours any more is refused with its line", () => {
    const { ruleset, diagnostics } = verify("counter drop", 'log prefix "x" drop');
    expect(ruleset).toBeUndefined();
    expect(diagnostics[0]).toMatchObject({ code: "ruleset/foreign", span: { file: "changed.nft" } });
  });
});

describe("a certificate", () => {
  test("binds policy, baseline and text, and says what lies outside the proof", () => {
    const certify = (...args: Parameters<typeof order>) =>
      compileConduit(order(...args)).ruleset!.certificate;
    const one = certify(policy([poll]), "enforce", baseline(flow()));
    const moved = certify(policy([poll], []), "enforce", baseline(flow()));
    const other = certify(
      policy([{ ...poll, services: [tcp(503)] }]),
      "enforce",
      baseline(flow({ port: 503 })),
    );
    expect(moved).toEqual(one);
    expect(other.policy).not.toBe(one.policy);
    expect(other.baseline).not.toBe(one.baseline);
    expect(other.text).not.toBe(one.text);
    expect(one.claims.map(({ result }) => result)).toEqual(["proved", "proved", "proved"]);
    expect(one.outside.join(" ")).toContain("kernel");
  });
});
