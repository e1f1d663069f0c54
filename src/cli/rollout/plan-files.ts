import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { printableLines } from "../../diagnostics/printable.ts";
import { sha256 } from "../../digest.ts";
import {
  type ApprovalStatus,
  allowedSigners,
  approvalMessage,
  approvalNamespace,
  approvalStatus,
  expiry,
  ruleText,
} from "../../plan/approval.ts";
import { foreignAuthority } from "../../plan/authority.ts";
import { textDiff } from "../../plan/differences.ts";
import type { Plan } from "../../plan/plan.ts";
import { readPlan } from "../../plan/plan-file.ts";
import type { Site } from "../../policy/model.ts";
import { count } from "../../report/words.ts";
import { sign, verify } from "../../ssh/signature.ts";
import { wasTouched } from "../../ssh/user-presence.ts";
import { CommandError, type Context } from "../context.ts";
import { writeFileAtomic } from "../files.ts";
import { refusal, tell } from "../tell.ts";
import { readTextFile } from "../text-file.ts";

const sizeLimit = 256 * 1024 * 1024;

/** Reads a plan that nobody edited. @throws {CommandError} after printing what is wrong with it. */
export function loadPlan(context: Context, path: string): Plan {
  const text = readTextFile(resolve(context.cwd, path), path, sizeLimit);
  const { value, diagnostics } = readPlan(text, path);
  if (value) return value;
  tell(context, diagnostics, () => text);
  throw refusal(path, diagnostics);
}

/** The folder beside a plan that holds its approvals. */
export const approvalFolder = (context: Context, path: string): string =>
  `${resolve(context.cwd, path)}.approvals`;

/** Signs a plan in the name of a person, with the key in that file. @returns the file of the signature. */
export async function approve(
  context: Context,
  path: string,
  plan: Plan,
  { person, file: key }: { readonly person: { readonly id: string }; readonly file: string },
): Promise<string> {
  const signature = await sign(key, approvalNamespace, approvalMessage(plan)).catch((error: Error) => {
    throw new CommandError(error.message);
  });
  if (wasTouched(signature) === false) {
    throw new CommandError(
      `${person.id}: the hardware key signed without being touched, which counts for nothing: make the key anew without ` +
        "no-touch-required (ssh-keygen -O)",
    );
  }
  const folder = approvalFolder(context, path);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${person.id}.sig`);
  writeFileAtomic(file, signature);
  return file;
}

/** Verifies every signature beside a plan and counts those that its rule accepts. */
export async function approvalsOf(context: Context, path: string, plan: Plan): Promise<ApprovalStatus> {
  const folder = approvalFolder(context, path);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".sig")) : [];
  const allowed = allowedSigners(plan);
  const signatures = await Promise.all(
    names.toSorted().map(async (name) => {
      const person = name.slice(0, -".sig".length);
      const text = readFileSync(join(folder, name), "utf8");
      return {
        person,
        valid: await verify(allowed, person, approvalNamespace, text, approvalMessage(plan)),
        untouched: wasTouched(text) === false,
      };
    }),
  );
  return approvalStatus(plan, signatures);
}

/** @throws {CommandError} unless the plan has all the approvals that it needs. */
export function requireApprovals(status: ApprovalStatus, plan: Plan, path: string): void {
  if (status.missing === 0) return;
  const reasons = [
    ...status.open.map((rule) => `${ruleText(rule)}: ${rule.missing} missing`),
    ...status.rejected.map(({ person, reason }) => `${person}: ${reason}`),
  ];
  throw new CommandError(
    `${path} needs ${count(status.missing, "more approval")}, and none by its author (${plan.author}): ` +
      `sluice approve ${path}${reasons.map((reason) => `\n  - ${reason}`).join("")}`,
  );
}

/** @throws {CommandError} when the approvals of a plan hold no more. */
export function requireInTime(context: Context, plan: Plan, path: string): void {
  const over = expiry(plan, context.now());
  if (over !== undefined) throw new CommandError(`${path}: ${over}`);
}

/**
 * Who may act and what was decided stand in the site file: a plan of an older one rests on what may hold no more, and one
 * that names other people than it does was not made by `sluice plan`. @throws {CommandError}
 */
export function requireSameSite(site: Site, text: string, plan: Plan): void {
  if (sha256(text) !== plan.site.sha256) {
    const difference = printableLines(textDiff(plan.site.text, text));
    throw new CommandError(`the site file changed since the plan was made: make a new plan\n${difference}`);
  }
  const foreign = foreignAuthority(plan, site);
  if (foreign.length > 0) {
    throw new CommandError(
      `this plan was not made from the site file: who may approve or apply it (${foreign.join(", ")}) is not what stands ` +
        'there. Find out who wrote it; make a new one with "sluice plan"',
    );
  }
}
