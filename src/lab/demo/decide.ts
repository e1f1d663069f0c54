import { readFileSync, writeFileSync } from "node:fs";
import { type Document, isMap, parseDocument, type YAMLMap } from "yaml";
import { forbiddenSession } from "./measure.ts";

/** What the person in the demo decided. */
export interface Decisions {
  readonly permitted: readonly string[];
  readonly denied: readonly string[];
}

/**
 * Does what the engineer does with an editor: reads the proposed permits, takes them over into the site file, and
 * puts the one that nobody approved under `denied`, with the reason.
 */
export function decide(siteFile: string, proposalFile: string): Decisions {
  const [site, proposal] = [siteFile, proposalFile].map((file) => parseDocument(readFileSync(file, "utf8")));
  const permitted: string[] = [];
  const denied: string[] = [];
  for (const { conduit, id, permit } of proposedPermits(proposal!)) {
    if (textOf(permit, "initiators") === forbiddenSession.client) {
      for (const key of ["owner", "evidence", "critical"]) permit.delete(key);
      permit.set("reason", forbiddenSession.forbidden);
      site!.setIn(["conduits", conduit, "denied", id], permit);
      denied.push(id);
    } else {
      permit.set("owner", "eva");
      site!.setIn(["conduits", conduit, "permits", id], permit);
      permitted.push(id);
    }
  }
  writeFileSync(siteFile, site!.toString({ lineWidth: 110, flowCollectionPadding: false }));
  return { permitted, denied };
}

interface Proposed {
  readonly conduit: string;
  readonly id: string;
  readonly permit: YAMLMap;
}

function proposedPermits(proposal: Document): readonly Proposed[] {
  return entries(proposal.get("conduits")).flatMap(([conduit, proposed]) =>
    entries(proposed.get("permits")).map(([id, permit]) => ({ conduit, id, permit })),
  );
}

const entries = (node: unknown): readonly (readonly [string, YAMLMap])[] =>
  isMap(node)
    ? node.items.flatMap(({ key, value }) => (isMap(value) ? [[String(key), value] as const] : []))
    : [];

const textOf = (map: YAMLMap, key: string): string =>
  (map.toJSON() as Record<string, string[]>)[key]!.join(",");
