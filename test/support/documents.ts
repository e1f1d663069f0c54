import type { z } from "zod";
import { baselineSchema } from "../../src/baseline/file.ts";
import * as baseline from "../../src/cli/documents/baseline.ts";
import * as change from "../../src/cli/documents/change.ts";
import type { Published } from "../../src/cli/documents/document.ts";
import * as inventory from "../../src/cli/documents/inventory.ts";
import * as lab from "../../src/cli/documents/lab.ts";
import * as rulesets from "../../src/cli/documents/rulesets.ts";
import * as site from "../../src/cli/documents/site.ts";
import * as standing from "../../src/cli/documents/standing.ts";
import { planSchema } from "../../src/plan/plan.ts";
import { reportSchema } from "../../src/report/document.ts";
import { signedHeadSchema } from "../../src/rollout/journal-head.ts";

const printed: readonly Pick<Published, "name" | "version" | "schema">[] = [
  baseline,
  change,
  inventory,
  lab,
  rulesets,
  site,
  standing,
].flatMap((documents) => Object.values(documents).filter((one) => "version" in one));

/** Every published schema, by its file's name without `.schema.json`. */
export const publishedSchemas: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ["baseline-1", baselineSchema],
  ["plan-1", planSchema],
  ["report-1", reportSchema],
  ["journal-head-1", signedHeadSchema],
  ["journal-entry-1", standing.journalEntrySchema],
  ...printed.map(({ name, version, schema }) => [`${name}-${version}`, schema] as const),
]);

/** Documents that are printers of one value have one schema. */
const reports = new Set(["review", "site-report", "evidence"]);

/** Proves that a text is one document, and of the published schema that it names. */
export function checkDocument(text: string): { readonly schema: string } {
  const document = JSON.parse(text) as { readonly schema: string; readonly version: number };
  const name = document.schema.replace(/^sluice\//, "");
  const schema = publishedSchemas.get(`${reports.has(name) ? "report" : name}-${document.version}`);
  if (schema === undefined) throw new Error(`${document.schema} ${document.version} has no published schema`);
  const { error } = schema.safeParse(document);
  if (error) throw new Error(`${document.schema}: ${error.message}`);
  return document;
}
