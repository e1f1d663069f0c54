import type { Family } from "../src/net/address.ts";
import { mayBeWritten } from "../src/verify/claims/claim.ts";
import { compileConduit } from "../src/verify/compile.ts";
import { targets } from "../targets/index.ts";
import { syntheticSite } from "./synthetic-site.ts";

/** What one program needs to compile a plant for enforcement and to prove all claims of every conduit. */
export interface CompileCost {
  /** Of the first time, as a command has it, and of the best. */
  readonly first: number;
  readonly best: number;
  /** The conduit that takes longest, in the best time. */
  readonly slowest: number;
  /** Peak memory of the first time. */
  readonly megabytes: number;
}

const [name, family, permits, conduits, times] = process.argv.slice(2);
const target = targets.get(name!)!;
const { site, baselines } = syntheticSite(Number(permits), Number(family) as Family, Number(conduits));

/** Seconds that each conduit takes. */
const compileAll = (): readonly number[] =>
  site.conduits.map((conduit, index) => {
    const start = performance.now();
    const { ruleset } = compileConduit({
      // A baseline of its own each time, since what was certified of one is kept.
      ...{ site, conduit, firewall: "fw1", stage: "enforce", target, baseline: { ...baselines[index]! } },
      budget: { nodes: 4_000_000, outOfTime: () => performance.now() - start > 60_000 },
    });
    const isProved = ruleset?.claims.every(({ result }) => result === "proved");
    if (!isProved || !mayBeWritten(ruleset!.claims)) throw new Error(`${conduit.id} was not proved`);
    return (performance.now() - start) / 1000;
  });
const sum = (times: readonly number[]): number => times.reduce((total, one) => total + one, 0);

const first = compileAll();
const megabytes = process.resourceUsage().maxRSS / 1024;
const again = Array.from({ length: Number(times) - 1 }, compileAll);
const [best] = [first, ...again].sort((a, b) => sum(a) - sum(b));
const cost: CompileCost = { first: sum(first), best: sum(best!), slowest: Math.max(...best!), megabytes };
process.stdout.write(JSON.stringify(cost));
