import type { Baseline } from "../baseline/flow.ts";
import type { Backend } from "../compile/backend.ts";
import { unfit } from "../compile/fitness.ts";
import type { ConduitRules, Stage } from "../compile/ir.ts";
import { legalise } from "../compile/legalise/legalise.ts";
import { lowerConduit } from "../compile/lower.ts";
import type { Diagnostic, Span } from "../diagnostics/diagnostic.ts";
import type { Conduit, Site } from "../policy/model.ts";
import { type Certificate, certify, unprovenMeaning } from "./certificate.ts";
import { type ClaimResult, statements } from "./claims/claim.ts";
import { prove } from "./claims/prove.ts";
import type { Budget } from "./diagram/diagram.ts";
import { nothingKept } from "./nothing-kept.ts";

export interface CompileOrder {
  readonly site: Site;
  readonly conduit: Conduit;
  /** Id of the firewall that the ruleset is for. */
  readonly firewall: string;
  readonly stage: Stage;
  readonly target: Backend;
  /** Undefined leaves the claim about observed flows open. */
  readonly baseline: Baseline | undefined;
  readonly budget: Budget;
}

/** A ruleset with what is known about it. Whether it may be written is for `mayBeWritten(claims)` to say. */
export interface Ruleset {
  readonly rules: ConduitRules;
  readonly text: string;
  readonly claims: readonly ClaimResult[];
  readonly certificate: Certificate;
}

/** The ruleset is absent when the policy cannot be expressed or the text cannot be read back. */
export interface Compilation {
  readonly ruleset?: Ruleset;
  readonly diagnostics: readonly Diagnostic[];
}

/** One conduit for one stage of one firewall: lowered, legalised, emitted, read back and proved. */
export const compileConduit = (order: CompileOrder): Compilation =>
  withRules(order, (rules) => ({
    text: order.target.emit({ firewall: order.firewall, conduits: [rules] }),
    file: fileName(order.conduit.id, order.stage, order.target),
  }));

/** Proves a text that is there already, such as a file on disk, against what the site file says now. */
export const verifyText = (order: CompileOrder, text: string, file: string): Compilation =>
  withRules(order, () => ({ text, file }));

/** `dmz-cell1.enforce` and the extension of the target: the name of a ruleset's file in its firewall's folder. */
export const fileName = (conduit: string, stage: Stage, target: Backend): string =>
  `${conduit}.${stage}${target.extension}`;

function withRules(
  order: CompileOrder,
  write: (rules: ConduitRules) => { readonly text: string; readonly file: string },
): Compilation {
  const lowered = lowerConduit(order.site, order.conduit, order.stage);
  if (!lowered.value) return { diagnostics: lowered.diagnostics };
  const sharing = order.site.conduits.filter(({ firewalls }) =>
    firewalls.some((id) => id === order.firewall),
  );
  const obstacles = unfit(order.target, order.firewall, order.conduit, sharing);
  if (obstacles.length > 0) return { diagnostics: [...lowered.diagnostics, ...obstacles] };
  const { value: rules, diagnostics: remarks } = legalise(lowered.value, order.target.capabilities);
  if (!rules) return { diagnostics: [...lowered.diagnostics, ...remarks] };
  const { text, file } = write(rules);
  const read = order.target.parse(text, file);
  const before = [...lowered.diagnostics, ...remarks, ...read.diagnostics];
  if (!read.value) return { diagnostics: before };
  const claims = prove({ ...order, rules, text: read.value });
  const certificate = certify({ ...order, text, claims });
  const open = claims.flatMap((claim) => claimDiagnostics(claim, order.conduit.span));
  const cautions = [...nothingKept(order.conduit, rules, order.baseline, claims), ...unjudged(order)];
  return { ruleset: { rules, text, claims, certificate }, diagnostics: [...before, ...open, ...cautions] };
}

const spanOf = (place: { readonly span: Span } | undefined) => (place ? { span: place.span } : {});

/** A proof is worth as much as the reading of the firewall's language that it rests on. */
const unjudged = ({ target, site, firewall }: CompileOrder): readonly Diagnostic[] =>
  target.capabilities.judge === "real"
    ? []
    : [
        {
          code: "proof/unproven-target",
          severity: "warning",
          message: `${firewall} (${target.name}): ${unprovenMeaning}`,
          ...spanOf(site.firewalls.find(({ id }) => id === firewall)),
          fix: "try the ruleset on a spare firewall of this kind before a plant depends on it",
        },
      ];

function claimDiagnostics(claim: ClaimResult, span: Span): readonly Diagnostic[] {
  const code = `proof/${claim.claim}`;
  switch (claim.result) {
    case "proved":
      return [];
    case "failed": {
      const related = claim.rule && {
        related: [{ span: claim.rule, message: "this decides about the packet" }],
      };
      return [{ code, severity: "error", message: claim.message, span, ...related, ...fixes[claim.claim] }];
    }
    case "not-proved": {
      const open = `not proved: ${statements[claim.claim]}`;
      return claim.cause === "budget"
        ? [{ code, severity: "error", message: `${open} The proof took more than its budget.`, span }]
        : [{ code, severity: "warning", message: `${open} No baseline was given.`, span }];
    }
  }
}

const fixes: Record<ClaimResult["claim"], { readonly fix?: string }> = {
  faithful: {},
  "baseline-kept": {
    fix: 'permit the flow, or list it under "denied" with the reason why it may be cut',
  },
  "nothing-more": {},
  asserted: { fix: "mend the permits, or change the assertion if the decision has changed" },
};
