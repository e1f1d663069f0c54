import type { Plan } from "./plan.ts";

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

/** A signature found beside a plan: whose it claims to be, and whether it is. */
export interface Signature {
  readonly person: string;
  readonly valid: boolean;
}

export interface ApprovalStatus {
  readonly accepted: readonly string[];
  readonly rejected: readonly { readonly person: string; readonly reason: string }[];
  /** How many approvals are still needed. */
  readonly missing: number;
}

/** Counts the signatures that the plan's rule accepts: each person once, never the author, only with a role it names. */
export function approvalStatus(
  plan: Pick<Plan, "people" | "author" | "approval">,
  signatures: readonly Signature[],
): ApprovalStatus {
  const rejected: { person: string; reason: string }[] = [];
  const accepted = new Set<string>();
  for (const signature of signatures) {
    const reason = objection(plan, signature);
    if (reason === undefined) accepted.add(signature.person);
    else rejected.push({ person: signature.person, reason });
  }
  return { accepted: [...accepted], rejected, missing: Math.max(0, plan.approval.count - accepted.size) };
}

/** Why a signature does not count, or undefined when it does. */
function objection(
  plan: Pick<Plan, "people" | "author" | "approval">,
  signature: Signature,
): string | undefined {
  const person = plan.people.find((one) => one.id === signature.person);
  if (!person) return "is not a person of the site";
  if (!signature.valid) return "the signature does not fit the plan and the keys of this person";
  if (person.id === plan.author) return "is the author of the plan, and nobody approves their own";
  if (!person.roles.some((role) => plan.approval.roles.includes(role))) {
    return `has none of the roles that may approve this: ${plan.approval.roles.join(", ")}`;
  }
  return undefined;
}
