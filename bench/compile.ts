import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Facts } from "../src/policy/checks/check.ts";
import { redundantPermit } from "../src/policy/checks/redundant-permit.ts";
import { shadowedPermit } from "../src/policy/checks/shadowed-permit.ts";
import type { Permit, Site } from "../src/policy/model.ts";
import { targets } from "../targets/index.ts";
import type { CompileCost } from "./compile-once.ts";
import type { Figure } from "./figure.ts";
import { syntheticSite } from "./synthetic-site.ts";

/** Compiling and proving for each kind of firewall and IP version; then a plant with ten times as much, in ten conduits. */
export async function bench(): Promise<readonly Figure[]> {
  const kinds = [...targets.keys()].flatMap((name) => [4, 6].map((family) => ({ name, family })));
  return [
    ...growth(),
    ...kinds.flatMap(({ name, family }) => {
      const { first, best, megabytes } = cost(name, family, 10_000, 1);
      const subject = `10,000 permits, ${name}, IPv${family}`;
      return [
        { name: `${subject}: compile and prove, best of three`, value: best, unit: "s" },
        { name: `${subject}: the first time in a program`, value: first, unit: "s" },
        { name: `${subject}: peak memory`, value: megabytes, unit: "MB" },
      ];
    }),
    ...kinds.flatMap(({ name, family }) => {
      const { best, slowest } = cost(name, family, 10_000, 10);
      const subject = `100,000 permits in ten conduits, ${name}, IPv${family}`;
      return [
        { name: `${subject}: all`, value: best, unit: "s" },
        { name: `${subject}: slowest conduit`, value: slowest, unit: "s" },
      ];
    }),
    ...shadowing(),
  ];
}

function growth(): readonly Figure[] {
  const [one, ten] = [1_000, 10_000].map((permits) => cost("nftables", 4, permits, 1).best);
  return [
    { name: "1,000 permits, nftables, IPv4: compile and prove", value: one!, unit: "s" },
    { name: "growth for ten times the permits", value: ten! / one!, unit: "times" },
  ];
}

/** In a program of its own, so that its memory is its own. */
function cost(target: string, family: number, permits: number, conduits: number): CompileCost {
  const words = [target, family, permits, conduits, conduits > 1 ? 1 : 3].map(String);
  const program = join(import.meta.dirname, "compile-once.js");
  return JSON.parse(execFileSync(process.execPath, [program, ...words], { encoding: "utf8" })) as CompileCost;
}

/**
 * Finding the permits that others cover, among hosts alone and with a whole network in every tenth permit: what the two checks
 * that ask for it find is found at once.
 */
function shadowing(): readonly Figure[] {
  const { site } = syntheticSite(10_000, 4);
  const wide = site.conduits[0]!.permits.map(
    (permit, index): Permit =>
      index % 10 === 0 ? { ...permit, responders: site.zones[1]!.networks } : permit,
  );
  const crossed: Site = { ...site, conduits: [{ ...site.conduits[0]!, permits: wide }] };
  const subjects = [["hosts to hosts", site] as const, ["every tenth to a network", crossed] as const];
  return subjects.map(([kind, subject]) => ({
    name: `shadowed and needless permits among 10,000, ${kind}`,
    value: Math.min(...[1, 2, 3].map(() => secondsToCheck(subject))),
    unit: "s",
  }));
}

function secondsToCheck(site: Site): number {
  // What was found once is remembered with the list of permits.
  const conduits = site.conduits.map((conduit) => ({ ...conduit, permits: [...conduit.permits] }));
  const facts: Facts = { site: { ...site, conduits }, today: "2026-01-01", evidence: new Map() };
  const start = performance.now();
  for (const check of [shadowedPermit, redundantPermit])
    for (const { subject } of check.run(facts)) if (!subject) throw new Error("a finding about nothing");
  return (performance.now() - start) / 1000;
}
