import type { FirewallRules } from "../../src/compile/ir.ts";
import { frame } from "./frame.ts";
import { mapName, table } from "./names.ts";
import { conduitObjects, dispatchKeys, dispatchVerdict } from "./objects.ts";
import { asBlock, type ElementGroup } from "./statements.ts";

/**
 * The whole of Sluice's part of a firewall as one file: it replaces our table in one transaction and touches nothing
 * else. The same text is loaded by hand, at boot and in a rehearsal.
 */
export function emit(rules: FirewallRules): string {
  const dispatch = new Map<string, ElementGroup[]>();
  for (const conduit of rules.conduits) {
    for (const { family, key } of dispatchKeys(conduit)) {
      const name = mapName(conduit.stage, family);
      const groups = dispatch.get(name) ?? [];
      dispatch.set(name, groups);
      const element = `${key} : ${dispatchVerdict(conduit, "c")}`;
      const heading = `conduit ${conduit.conduit}: ${conduit.zones.join(" and ")}`;
      const last = groups.at(-1);
      if (last?.heading === heading)
        groups[groups.length - 1] = { heading, elements: [...last.elements, element] };
      else groups.push({ heading, elements: [element] });
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
