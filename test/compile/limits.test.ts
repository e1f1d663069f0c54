import { expect, test } from "vitest";
import { syntheticSite } from "../../bench/synthetic-site.ts";
import { legalise } from "../../src/compile/legalise/legalise.ts";
import { mostElements } from "../../src/compile/limits.ts";
import { lowerConduit } from "../../src/compile/lower.ts";
import { compileConduit } from "../../src/verify/compile.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { type Flows, policy, tcp, unlimited } from "../support/policies.ts";

const compile = (drawn: ReturnType<typeof policy>) =>
  compileConduit({
    ...drawn,
    ...{ firewall: "fw1", stage: "enforce", target: nftables, baseline: undefined, budget: unlimited },
  });

/** Numbers that look random and are the same every time (Park and Miller 1988). */
function drawing(): (below: number) => number {
  let state = 7;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

test("a hundred thousand permits in one conduit are refused before anything is built, with a way out", () => {
  const { ruleset, diagnostics } = compile(syntheticSite(100_000, 4));
  expect(ruleset).toBeUndefined();
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]).toMatchObject({ code: "compile/too-many-elements", severity: "error" });
  expect(diagnostics[0]!.message).toContain(`100000 elements`);
  expect(diagnostics[0]!.message).toContain(String(mostElements));
  expect(diagnostics[0]!.fix).toContain("split the zones");
});

test("one permit whose product is too large is named", () => {
  const hosts = (net: number) =>
    Array.from({ length: 300 }, (_, index) => `10.0.${net + (index >> 8)}.${index & 255}`);
  const wide: Flows = { from: hosts(1), to: hosts(2), services: [tcp(502)] };
  const { diagnostics } = compile(
    policy([{ from: ["10.0.1.2"], to: ["10.0.2.3"], services: [tcp(502)] }, wide]),
  );
  expect(diagnostics[0]!.related?.[0]).toMatchObject({
    span: { line: 3 },
    message: 'permit "permit-1" makes 90000 of them',
  });
});

test("wide permits that cross at random are refused with the worst of them, not multiplied into a ruleset", () => {
  const draw = drawing();
  const range = (net: number): string => {
    const from = draw(8);
    return `10.0.${net}.${from}-10.0.${net}.${from + 1 + draw(200)}`;
  };
  const permits = Array.from({ length: 300 }, (): Flows => {
    const port = draw(1000);
    return { from: [range(1)], to: [range(2)], services: [tcp(port, port + 1 + draw(1000))] };
  });
  const { ruleset, diagnostics } = compile(policy(permits));
  expect(ruleset).toBeUndefined();
  expect(diagnostics.map(({ code }) => code)).toEqual(["compile/crossing-permits"]);
  expect(diagnostics[0]!.related).toHaveLength(3);
  expect(diagnostics[0]!.related![0]!.message).toMatch(/^permit "permit-\d+" meets \d+ earlier permits$/);
});

test("ten thousand permits for the same packets are refused in a moment", () => {
  const same = Array.from(
    { length: 10_000 },
    (): Flows => ({ from: ["10.0.1.2"], to: ["10.0.2.3"], services: [tcp(502)] }),
  );
  const start = process.cpuUsage().user;
  expect(compile(policy(same)).diagnostics.map(({ code }) => code)).toEqual(["compile/crossing-permits"]);
  expect(process.cpuUsage().user - start).toBeLessThan(5_000_000);
});

test("ten thousand permits of a usual plant stay as many elements, and each is kept", () => {
  const { site, conduit } = syntheticSite(10_000, 4);
  const { value } = legalise(lowerConduit(site, conduit, "enforce").value!, nftables.capabilities);
  expect(value!.permits.length).toBeGreaterThan(9_900);
  expect(value!.permits.flatMap(({ boxes }) => boxes).length).toBeLessThan(12_000);
});
