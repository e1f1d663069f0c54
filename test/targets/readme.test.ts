import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import type { Stage } from "../../src/compile/ir.ts";
import type { Conduit } from "../../src/policy/model.ts";
import { compileConduit, type Ruleset } from "../../src/verify/compile.ts";
import { targets } from "../../targets/index.ts";
import { mergeConfig } from "../../targets/pfsense/config/merge.ts";
import { ownRules } from "../../targets/pfsense/own-rules.ts";
import { plant, siteOf } from "../policy/support/plant.ts";
import { unlimited } from "../support/policies.ts";

/** The fenced blocks of a README under targets/, without the explanations between their lines. */
function blocks(path: string): readonly string[] {
  const readme = readFileSync(new URL(`../../targets/${path}`, import.meta.url), "utf8");
  return [...readme.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block]) =>
    block!.replaceAll(/^ *#: .*\n/gm, "").replaceAll(/ *<!--: .*? -->/g, ""),
  );
}

// Zones and conduits stand first, so that the lines which a ruleset names are those of the shown policy.
const { zones: _zones, conduits: _conduits, ...rest } = plant;
const policy = blocks("README.md").find((block) => block.startsWith("zones:"))!;
const site = siteOf(policy + stringify(rest));
const [shown] = site.conduits;

function compiled(name: string, stage: Stage, conduit: Conduit = shown!): Ruleset {
  const order = { site, conduit, firewall: "fw1", stage, baseline: undefined, budget: unlimited };
  return compileConduit({ ...order, target: targets.get(name)! }).ruleset!;
}

describe("the README of", () => {
  test.each([
    ["nftables", "monitor"],
    ["iptables", "monitor"],
    ["pfsense", "enforce"],
  ] as const)("%s shows what the small policy becomes there in %s, to the letter", (name, stage) => {
    expect(blocks(`${name}/README.md`)[0]).toBe(compiled(name, stage).text);
  });

  test.each(["nftables", "iptables"])("%s shows what draining adds", (name) => {
    const text = (conduit: Conduit) => compiled(name, "enforce", conduit).text;
    const drains = text({ ...shown!, sessions: { mode: "drain", seconds: 3600 } });
    const parts = blocks(`${name}/README.md`)[1]!.trimEnd().split("\n\n");
    for (const part of parts) expect(drains).toContain(part);
    expect(drains.length).toBe(text(shown!).length + parts.join("\n").length + (name === "nftables" ? 2 : 1));
  });

  test("pfsense shows rules as they stand in config.xml", () => {
    const own = ownRules(compiled("pfsense", "enforce").rules);
    const { value } = mergeConfig("<pfsense>\n</pfsense>\n", "config.xml", [own]);
    const xml = blocks("pfsense/README.md").find((block) => block.startsWith("<rule>"))!;
    const elements = xml.split(/(?=^<rule>)/m);
    expect(elements).toHaveLength(2);
    for (const element of elements) expect(value).toContain(element.replaceAll(/^/gm, "\t\t").trim());
  });
});
