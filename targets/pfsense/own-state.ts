import type { Stage } from "../../src/compile/ir.ts";
import { toPrefixes } from "../../src/compile/legalise/prefixes.ts";
import { canonicalJson, sha256 } from "../../src/digest.ts";
import { formatRange } from "../../src/net/address.ts";
import { DriverError, type LiveConduit, type OwnState } from "../../src/target.ts";
import { readRuleset } from "./pf/ruleset.ts";
import { type End, isAnchor, type PfRule, type PfStatement } from "./pf/syntax.ts";
import { Unreadable } from "./pf/tokens.ts";

/** One conduit as a listing shows it. `form` is the same for its anchor, its emitted text and its config.xml elements. */
export interface ListedConduit {
  readonly conduit: string;
  readonly stage: Stage;
  readonly form: string;
}

/**
 * The conduits of a pf.conf of ours or of a listing. The normal form leaves out labels, which differ between an anchor
 * and what pfSense generates, and the layout of tables; the identifier of a rule says whose it is.
 * @throws {DriverError} when the listing is not understood.
 */
export function listConduits(text: string): readonly ListedConduit[] {
  const rules = new Map<string, PfRule[]>();
  for (const statement of readListing(text)) {
    if (isAnchor(statement)) throw new DriverError("the host lists an anchor among our rules");
    const tag = statement.tag ?? statement.tagged?.tag ?? "";
    const conduit = /^sluice_(\w+)_ok$/.exec(tag)?.[1]?.replaceAll("_", "-");
    if (conduit === undefined) throw new DriverError("the host lists a rule without a tag of ours");
    const own = rules.get(conduit) ?? [];
    rules.set(conduit, own);
    own.push(statement);
  }
  return [...rules].map(([conduit, own]) => ({
    conduit,
    stage: own.some(({ action }) => action === "block") ? "enforce" : "monitor",
    form: own.map((rule) => `${canonicalJson(normal(rule))}\n`).join(""),
  }));
}

/**
 * One conduit, as it must be when somebody else has been at it: rules that are not understood, or with faults, are
 * their own form, so that they never equal what was confirmed and can still be taken away.
 */
export function listConduit(conduit: string, text: string, faults: readonly string[]): ListedConduit {
  const damaged = (reasons: readonly string[]): ListedConduit => ({
    conduit,
    stage: /^block\b/m.test(text) ? "enforce" : "monitor",
    form: [text, ...reasons].join("\n"),
  });
  if (faults.length > 0) return damaged(faults);
  try {
    const [only, ...others] = listConduits(text);
    return only?.conduit === conduit && others.length === 0 ? only : damaged(["rules of another conduit"]);
  } catch (error) {
    if (error instanceof DriverError) return damaged([error.message]);
    throw error;
  }
}

/** The statements of a text of ours, or of a listing. @throws {DriverError} when it is not understood. */
export function readListing(text: string): readonly PfStatement[] {
  try {
    return readRuleset(text, "the host's listing").statements;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const { message, span } = error.diagnostic;
    throw new DriverError(`line ${span?.line ?? 0} of the host's listing is not understood: ${message}`);
  }
}

const normal = ({ labels, span, source, destination, ...rule }: PfRule) => ({
  ...rule,
  source: normalEnd(source),
  destination: normalEnd(destination),
});

const normalEnd = ({ addresses, ports }: End) => ({
  addresses: addresses === "any" ? "any" : toPrefixes(addresses).map(formatRange),
  ports,
});

/** What these conduits are as a state: confirmed ones make its form, in the order of their names. */
export function ownState(
  text: string | undefined,
  confirmed: readonly ListedConduit[],
  trial?: { readonly listed: ListedConduit; readonly plan: string; readonly secondsLeft: number },
): OwnState {
  const sorted = confirmed.toSorted((a, b) => (a.conduit < b.conduit ? -1 : 1));
  const form = sorted.map((one) => `conduit ${one.conduit}\n${one.form}`).join("");
  const conduits: LiveConduit[] = sorted.map(live);
  if (trial) {
    const { plan, secondsLeft } = trial;
    conduits.push({ ...live(trial.listed), trial: { plan, secondsLeft } });
  }
  return { text, form, ownHash: sha256(form), conduits };
}

const live = ({ conduit, stage, form }: ListedConduit): LiveConduit => ({
  conduit,
  stage,
  rulesHash: sha256(form),
});
