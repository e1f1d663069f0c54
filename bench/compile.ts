import { mayBeWritten } from "../src/verify/claims/claim.ts";
import { compileConduit } from "../src/verify/compile.ts";
import { targets } from "../targets/index.ts";
import type { Figure } from "./figure.ts";
import { syntheticSite } from "./synthetic-site.ts";

const sizes = [100, 1_000, 10_000] as const;

/** Seconds to compile one conduit for enforcement and to prove its claims, best of three, and how they grow. */
export async function bench(): Promise<readonly Figure[]> {
  const seconds = sizes.map((size) => Math.min(...[1, 2, 3].map(() => once(size))));
  return [
    ...sizes.map((size, index) => ({
      name: `compile and prove ${size} permits`,
      value: seconds[index]!,
      unit: "s",
    })),
    { name: "growth from 1,000 to 10,000 permits", value: seconds[2]! / seconds[1]!, unit: "times" },
  ];
}

function once(permits: number): number {
  const { site, conduit } = syntheticSite(permits, 4);
  const start = performance.now();
  const { ruleset } = compileConduit({
    site,
    conduit,
    firewall: "fw1",
    stage: "enforce",
    target: targets.get("nftables")!,
    baseline: undefined,
    budget: { nodes: 5_000_000, outOfTime: () => performance.now() - start > 60_000 },
  });
  if (!ruleset || !mayBeWritten(ruleset.claims)) throw new Error("the synthetic conduit was not proved");
  return (performance.now() - start) / 1000;
}
