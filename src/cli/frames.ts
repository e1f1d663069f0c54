import { dirname, join } from "node:path";
import type { Backend } from "../compile/backend.ts";
import type { PlannedRuleset } from "./rulesets.ts";

/** The file of what all rulesets of a firewall have in common. */
export interface PlannedFrame {
  readonly firewall: string;
  readonly target: Backend;
  readonly file: string;
}

/** One for each firewall that the rulesets are for, beside them: `<firewall>/frame.nft`. */
export function plannedFrames(rulesets: readonly PlannedRuleset[]): readonly PlannedFrame[] {
  const frames = rulesets.map(({ order: { firewall, target }, file }): PlannedFrame => {
    return { firewall, target, file: join(dirname(file), `frame${target.extension}`) };
  });
  return frames.filter(({ file }, index) => frames.findIndex((other) => other.file === file) === index);
}
