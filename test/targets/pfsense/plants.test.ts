import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Context } from "../../../src/cli/context.ts";
import { plannedRulesets } from "../../../src/cli/rulesets.ts";
import { loadSite } from "../../../src/cli/site-file.ts";
import { compileConduit } from "../../../src/verify/compile.ts";
import { mergeConfig } from "../../../targets/pfsense/config/merge.ts";
import { readOwnConfig } from "../../../targets/pfsense/config/read.ts";
import { ownRules } from "../../../targets/pfsense/own-rules.ts";
import { listConduits } from "../../../targets/pfsense/own-state.ts";
import { readOwnText } from "../../../targets/pfsense/own-text.ts";
import { pfsense } from "../../../targets/pfsense/target.ts";
import { emptyConfig } from "./pfsense-host.ts";

const root = join(import.meta.dirname, "../../../rulesets");
const plants = readdirSync(root).filter((name) => existsSync(join(root, name, "site.yaml")));

/** The reference plants, as if their firewalls were pfSense hosts. */
describe.each(plants)("the plant %s on pfSense", (plant) => {
  const context = { process, cwd: join(root, plant), now: () => new Date(0) } as unknown as Context;
  const planned = plannedRulesets(context, loadSite(context, "site.yaml"), [], undefined, "compiled");
  const rulesets = planned.map(({ order }) => compileConduit({ ...order, target: pfsense }).ruleset!);

  test("has the same rules in config.xml, made from the policy or from the text", () => {
    expect(rulesets.length).toBeGreaterThan(1);
    for (const { rules, text } of rulesets) {
      const { value: merged } = mergeConfig(emptyConfig, "config.xml", [ownRules(rules)]);
      expect(mergeConfig(emptyConfig, "config.xml", readOwnText(text, "text").value!).value).toBe(merged);
      const [conduit] = readOwnConfig(merged!, "config.xml").value!.conduits;
      expect(conduit!.faults).toEqual([]);
      expect(listConduits(conduit!.text)).toEqual(listConduits(text));
    }
  });
});
