import type { FirewallRules } from "../../src/compile/ir.ts";
import { frame } from "./frame.ts";
import { families, mapName, table } from "./names.ts";
import { conduitObjects, dispatchKeys, dispatchVerdict } from "./objects.ts";
import { asBlock, type ElementGroup } from "./statements.ts";

/**
 * The whole of Sluice's part of a firewall as one file: it replaces our table in one transaction and touches nothing
 * else. The same text is loaded by hand, at boot and in a rehearsal.
 */
export function emit(rules: FirewallRules): string {
  const dispatch = new Map<string, ElementGroup[]>();
  for (const conduit of rules.conduits) {
    const heading = `conduit ${conduit.conduit}: ${conduit.zones.join(" and ")}`;
    const keys = dispatchKeys(conduit);
    for (const family of families) {
      const elements = keys
        .filter((entry) => entry.family === family)
        .map(({ key }) => `${key} : ${dispatchVerdict(conduit, "c")}`);
      const name = mapName(conduit.stage, family);
      if (elements.length > 0) dispatch.set(name, [...(dispatch.get(name) ?? []), { heading, elements }]);
    }
  }
  const objects = [...frame(dispatch), ...rules.conduits.flatMap((conduit) => conduitObjects(conduit, "c"))];
  return [
    `# Sluice: firewall ${rules.firewall}. Written by "sluice compile"; a change by hand is found and refused.`,
    `add table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    `${asBlock(objects)}}`,
    "",
  ].join("\n");
}
