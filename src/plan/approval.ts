import type { ApprovalCause, Approvals } from "../policy/model.ts";
import type { Plan, PlanDocument } from "./plan.ts";

/** The purpose of a signature, so that one made for something else approves nothing (ssh-keygen(1), -n). */
export const approvalNamespace = "sluice-approval@v1";

/** What an approver signs. */
export const approvalMessage = (plan: Pick<Plan, "id">): string => `sluice approval of plan ${plan.id}\n`;

/** A line of an allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS): a key of a person, for one purpose. */
export const signerLine = (person: string, namespace: string, key: string): string =>
  `${person} namespaces="${namespace}" ${keyMaterial(key)}\n`;

/** The type and the key itself, without the comment. */
const keyMaterial = (key: string): string => key.trim().split(/\s+/).slice(0, 2).join(" ");

/**
 * Who may approve, as an allowed-signers file: the plan's people under their ids. A key that the author has too
 * approves nothing, whoever else it belongs to.
 */
export function allowedSigners(plan: Pick<Plan, "people" | "author">): string {
  const authors = new Set(plan.people.find((person) => person.id === plan.author)?.keys.map(keyMaterial));
  return plan.people
    .flatMap((person) => person.keys.map((key) => ({ person, key })))
    .filter(({ person, key }) => person.id === plan.author || !authors.has(keyMaterial(key)))
    .map(({ person, key }) => signerLine(person.id, approvalNamespace, key))
    .join("");
}

/**
 * What a plan needs: the rule of the stage that it leads to, and that for broadening where it lets pass what does not
 * pass now, or where nobody knows whether it does.
 */
export function approvalOf(
  approvals: Approvals,
  stage: "monitor" | "enforce",
  verdict: Plan["difference"]["verdict"],
  created: Date,
): PlanDocument["approval"] {
  const isBroader = verdict !== "equal" && verdict !== "narrowed";
  const causes: readonly ApprovalCause[] = isBroader ? [stage, "broaden"] : [stage];
  return {
    rules: causes.map((cause) => {
      const { count, roles } = approvals[cause];
      return { cause, count, roles: [...roles] };
    }),
    expires: new Date(created.getTime() + approvals.validFor * 1000).toISOString(),
  };
}

/** A signature found beside a plan: whose it claims to be, and whether it is. */
export interface Signature {
  readonly person: string;
  readonly valid: boolean;
  /** A hardware key made it, and nobody touched that key. */
  readonly untouched?: boolean;
}

type Rule = Plan["approval"]["rules"][number];

export interface ApprovalStatus {
  readonly accepted: readonly string[];
  readonly rejected: readonly { readonly person: string; readonly reason: string }[];
  /** Rules that are not met, each with how many signatures it lacks. */
  readonly open: readonly (Rule & { readonly missing: number })[];
  /** At least so many signatures are still needed. */
  readonly missing: number;
}

type Approvable = Pick<Plan, "people" | "author" | "approval">;

/** Counts the signatures that the plan's rules accept: each person once, never the author, only with a role they name. */
export function approvalStatus(plan: Approvable, signatures: readonly Signature[]): ApprovalStatus {
  const rejected: { person: string; reason: string }[] = [];
  const accepted = new Set<string>();
  for (const signature of signatures) {
    const reason = objection(plan, signature);
    if (reason === undefined) accepted.add(signature.person);
    else rejected.push({ person: signature.person, reason });
  }
  const open = plan.approval.rules.flatMap((rule) => {
    const signed = plan.people.filter((person) => accepted.has(person.id) && mayMeet(rule, person)).length;
    return signed < rule.count ? [{ ...rule, missing: rule.count - signed }] : [];
  });
  return {
    ...{ accepted: [...accepted], rejected, open },
    missing: Math.max(0, ...open.map(({ missing }) => missing)),
  };
}

const causeTexts: Readonly<Record<ApprovalCause, string>> = {
  monitor: "because it only records",
  enforce: "because it drops packets",
  broaden: "because it may let pass what does not pass now",
};

/** `2 signatures by an approver, because it drops packets`. */
export const ruleText = ({ cause, count, roles }: Rule): string =>
  `${count} ${count === 1 ? "signature" : "signatures"} by the role ${roles.join(" or ")}, ${causeTexts[cause]}`;

/** Whether a person's signature counts towards a rule, if they are not the author. */
export const mayMeet = ({ roles }: Rule, person: Plan["people"][number]): boolean =>
  person.roles.some((role) => roles.includes(role));

/** Why no trial of a plan may begin at this time, whoever has signed it; undefined when one may. */
export const expiry = ({ approval: { expires } }: Pick<Plan, "approval">, now: Date): string | undefined =>
  now.getTime() < Date.parse(expires)
    ? undefined
    : `its approvals held until ${expires}: make a new plan of what is there now, and have it approved`;

/** Why a signature does not count, or undefined when it does. */
function objection(plan: Approvable, signature: Signature): string | undefined {
  const person = plan.people.find((one) => one.id === signature.person);
  if (!person) return "is not a person of the site";
  if (signature.untouched)
    return "the hardware key signed without being touched, so that nobody need know of it";
  if (!signature.valid) return "the signature does not fit the plan and the keys of this person";
  if (person.id === plan.author) return "is the author of the plan, and nobody approves their own";
  const { rules } = plan.approval;
  if (!rules.some((rule) => mayMeet(rule, person))) {
    const roles = [...new Set(rules.flatMap((rule) => rule.roles))];
    return `has none of the roles that may approve this: ${roles.join(", ")}`;
  }
  return undefined;
}
