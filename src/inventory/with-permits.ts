import { isMap, parseDocument } from "yaml";

/**
 * A drafted site file with the permits that were proposed for its conduits. Both are YAML of our own; what the
 * proposal says in comments (evidence, questions) comes along.
 */
export function withPermits(siteText: string, proposalText: string): string {
  const [site, proposal] = [parseDocument(siteText), parseDocument(proposalText)];
  const proposed = proposal.get("conduits");
  if (!isMap(proposed)) return `${proposalText}${siteText}`;
  for (const { key, value } of proposed.items) {
    const conduit = site.getIn(["conduits", String(key)]);
    if (!isMap(conduit) || !isMap(value)) throw new Error(`the draft has no conduit ${String(key)}`);
    conduit.flow = false;
    conduit.set("permits", value.get("permits", true));
  }
  site.commentBefore = proposal.commentBefore;
  return site.toString({ lineWidth: 0, flowCollectionPadding: false });
}
