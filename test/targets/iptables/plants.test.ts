import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Context } from "../../../src/cli/context.ts";
import { plannedRulesets } from "../../../src/cli/rulesets.ts";
import { loadSite } from "../../../src/cli/site-file.ts";
import { compileConduit } from "../../../src/verify/compile.ts";
import { iptables } from "../../../targets/iptables/target.ts";
import { missingForIptables } from "../../support/iptables-host.ts";

/** Each reference plant, as if its firewalls ran iptables: proved, and loadable by the tools of both variants. */
const root = join(import.meta.dirname, "../../../rulesets");
const plants = readdirSync(root).filter((name) => existsSync(join(root, name, "site.yaml")));

const loads = (variant: "legacy" | "nft", text: string): string => {
  const script =
    "file=$(mktemp); trap 'rm $file' EXIT; cat > $file; sed -n 's/^#ipset //p' $file | ipset restore; " +
    `for version in ip ip6; do \${version}tables-${variant}-restore --noflush --test < $file; done`;
  return spawnSync("unshare", ["--net", "sh", "-c", script], { input: text, encoding: "utf8" }).stderr;
};

describe.each(plants)("the plant %s on iptables", (plant) => {
  const context = { process, cwd: join(root, plant), now: () => new Date(0) } as unknown as Context;
  const planned = plannedRulesets(context, loadSite(context, "site.yaml"), [], undefined, "compiled");
  const texts = planned.map(({ order }) => compileConduit({ ...order, target: iptables }).ruleset);

  test("is proved, every ruleset and every claim", () => {
    expect(texts.length).toBeGreaterThan(0);
    for (const ruleset of texts) {
      // A fourth claim stands where the site file asserts something of the conduit.
      const required = ["faithful", "baseline-kept", "nothing-more"];
      expect(ruleset!.claims.map(({ claim }) => claim)).toEqual(expect.arrayContaining(required));
      expect(ruleset!.claims.filter(({ result }) => result !== "proved")).toEqual([]);
    }
  });

  test.skipIf(missingForIptables).each(["legacy", "nft"] as const)(
    `loads with iptables-%s ${missingForIptables ?? ""}`,
    (variant) => {
      expect(
        texts.map((ruleset) => loads(variant, ruleset!.text)).filter((complaint) => complaint !== ""),
      ).toEqual([]);
    },
    60_000,
  );
});
