import type { Outcome, Span } from "../diagnostics/diagnostic.ts";
import { jsonPlaces } from "../diagnostics/json-places.ts";
import { printableJson } from "../diagnostics/printable.ts";
import { canonicalJson, sha256 } from "../digest.ts";
import { type Plan, type PlanContent, type PlanDocument, planSchema } from "./plan.ts";

/** Gives a plan its id: the SHA-256 of its canonical JSON. Equal content has an equal id. */
export function sealPlan(content: PlanContent): PlanDocument {
  const body = { schema: "sluice/plan" as const, version: 1 as const, ...content };
  return { ...body, id: sha256(canonicalJson(body)) };
}

export const writePlan = (plan: PlanDocument): string =>
  printableJson(`${JSON.stringify(plan, undefined, 2)}\n`);

/** Reads a plan file and proves that it is the one that was made: nothing in it was changed. */
export function readPlan(text: string, file: string): Outcome<Plan> {
  const start = { file, line: 1, column: 1, length: 1 };
  const fail = (code: string, message: string, span: Span, fix: string): Outcome<Plan> => ({
    diagnostics: [{ code, severity: "error", message, span, fix }],
  });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return fail(
      "plan/not-json",
      `this is not a plan: ${(error as Error).message}`,
      jsonPlaces(text, file).fault(),
      'make a plan with "sluice plan … -o FILE"',
    );
  }
  const parsed = planSchema.safeParse(document);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return fail(
      "plan/shape",
      `this is not a plan of this version: ${issue?.path.join(".") || "the document"}: ${issue?.message}`,
      jsonPlaces(text, file).value(issue?.path ?? []),
      'make the plan again with "sluice plan … -o FILE"',
    );
  }
  const { id, ...body } = document as PlanDocument;
  if (sha256(canonicalJson(body)) !== id) {
    return fail(
      "plan/edited",
      `this plan was edited after it was made: its content does not have the id ${id.slice(0, 16)}…`,
      start,
      "a plan is never edited: change site.yaml, and make and approve a new plan",
    );
  }
  return { value: parsed.data, diagnostics: [] };
}
