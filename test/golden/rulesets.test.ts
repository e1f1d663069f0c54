import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import type { Context } from "../../src/cli/context.ts";
import { plannedRulesets } from "../../src/cli/rulesets.ts";
import { loadSite } from "../../src/cli/site-file.ts";
import { mayBeWritten } from "../../src/verify/claims/claim.ts";
import { compileConduit } from "../../src/verify/compile.ts";

/** Each plant under rulesets/ compiles to exactly the files beside it: `sluice compile` in its folder renews them. */
const root = join(import.meta.dirname, "../../rulesets");
const plants = readdirSync(root).filter((name) => existsSync(join(root, name, "site.yaml")));

describe.each(plants)("the plant %s", (plant) => {
  const folder = join(root, plant);
  const context = { process, cwd: folder, now: () => new Date(0) } as unknown as Context;
  const loaded = loadSite(context, "site.yaml");
  const planned = plannedRulesets(context, loaded, [], undefined, join(folder, "compiled"));

  test.each(planned.map((one) => [relative(folder, one.file), one] as const))("compiles to %s", (_, one) => {
    const { ruleset } = compileConduit(one.order);
    const claims = ruleset!.claims.map(({ claim, result }) => `${claim}: ${result}`);
    expect(claims.slice(0, 3)).toEqual(["faithful: proved", "baseline-kept: proved", "nothing-more: proved"]);
    // The fourth is there where the site file asserts something about the conduit.
    expect(["asserted: proved", undefined]).toContain(claims[3]);
    expect(mayBeWritten(ruleset!.claims)).toBe(true);
    expect(ruleset!.text).toBe(readFileSync(one.file, "utf8"));
    expect(ruleset!.certificate).toEqual(JSON.parse(readFileSync(one.certificate, "utf8")));
  });

  test("has no compiled file that belongs to nothing", () => {
    const found = readdirSync(join(folder, "compiled"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(found.sort()).toEqual(planned.flatMap(({ file, certificate }) => [file, certificate]).sort());
  });
});

test("there are plants to compile", () => {
  expect(plants).toContain("lab-plant");
});
