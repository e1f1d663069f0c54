import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plan } from "../../plan/plan.ts";
import type { Context } from "../context.ts";
import { writeFileAtomic } from "../files.ts";
import { stateName } from "./journal-file.ts";
import { approvalFolder } from "./plan-files.ts";

const plansFolder = (folder: string): string => join(folder, stateName, "plans");

/** Keeps a plan that is applied beside the journal, byte for byte, with its approvals: they are its evidence later. */
export function archivePlan(context: Context, folder: string, path: string, plan: Plan): void {
  const kept = join(plansFolder(folder), `${plan.id}.json`);
  mkdirSync(plansFolder(folder), { recursive: true });
  writeFileAtomic(kept, readFileSync(resolve(context.cwd, path)));
  const approvals = approvalFolder(context, path);
  if (existsSync(approvals)) cpSync(approvals, approvalFolder(context, kept), { recursive: true });
}

/** The files of kept plans whose id begins with these digits. */
export function archivedPlans(folder: string, start: string): readonly string[] {
  const plans = plansFolder(folder);
  if (!existsSync(plans)) return [];
  return readdirSync(plans)
    .filter((name) => name.endsWith(".json") && name.startsWith(start))
    .toSorted()
    .map((name) => join(plans, name));
}
