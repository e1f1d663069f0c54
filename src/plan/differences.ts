import { createTwoFilesPatch } from "diff";
import { sha256 } from "../digest.ts";
import type { HostFacts, LiveState } from "../target.ts";
import type { Plan } from "./plan.ts";

/**
 * What is different on the firewall since the plan was made, each with the text that shows it: our own part, the
 * rules of others, the boot file, the software. Empty when the plan still fits.
 */
export function differencesSince(
  base: Plan["base"],
  live: Pick<LiveState, "form" | "ownHash" | "foreignForm" | "foreignHash" | "bootText">,
  facts: Pick<HostFacts, "kernel" | "version">,
): readonly string[] {
  const found: string[] = [];
  if (live.ownHash !== base.ownHash) {
    found.push(`the rules of Sluice on the firewall changed:\n${textDiff(base.own, live.form)}`);
  }
  if (live.foreignHash !== base.foreignHash) {
    found.push(`other rules on the firewall changed:\n${textDiff(base.foreign, live.foreignForm)}`);
  }
  if (sha256(live.bootText ?? "") !== sha256(base.boot ?? "")) {
    found.push(`the boot file changed:\n${textDiff(base.boot ?? "", live.bootText ?? "")}`);
  }
  if (facts.kernel !== base.kernel) found.push(`the kernel was ${base.kernel} and is ${facts.kernel}`);
  if (facts.version !== base.version) found.push(`the filter was ${base.version} and is ${facts.version}`);
  return found;
}

/** Two texts as a unified diff, under their names. */
export const textDiff = (
  before: string,
  after: string,
  [one, other]: readonly [string, string] = ["when the plan was made", "now"],
): string => createTwoFilesPatch(one, other, before, after, undefined, undefined, { context: 2 });
