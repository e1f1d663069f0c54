import { z } from "zod";
import { dispositions } from "../../baseline/dispositions.ts";
import { baselineFlowSchema } from "../../baseline/file.ts";
import { published } from "./document.ts";
import { count, many, strings } from "./parts.ts";

// What commands say about what was observed.

const flows = many(baselineFlowSchema);

export const diffDocument = published(
  "baseline-diff",
  1,
  "What a later baseline shows against an earlier one.",
  {
    appeared: flows,
    gone: flows,
    changed: many(
      z.strictObject({ before: baselineFlowSchema, after: baselineFlowSchema, changes: strings }),
    ),
    same: count,
    links: many(
      z.strictObject({ address: z.string(), of: z.enum(["card", "vlan"]), before: strings, after: strings }),
    ),
  },
);

export const coverageDocument = published(
  "coverage",
  1,
  "How complete an observation is, conduit by conduit.",
  {
    cycle: z.strictObject({
      id: z.string(),
      length: z.number(),
      phases: strings,
      assumed: z.boolean().describe("The site file names no cycle"),
    }),
    observed: z
      .number()
      .describe("How long was observed, in seconds: what comes more rarely shows in no figure"),
    conduits: many(
      z.strictObject({
        id: z.string(),
        ready: z.boolean(),
        limiting: z.string().optional(),
        cycles: count,
        flows: count,
        once: count,
        twice: count,
        coverage: z.number().min(0).max(1),
        unseen: z.number().describe("Flows that were never seen, as is estimated"),
        unseenFor: count.describe(
          "Further cycles after which fewer than one is unseen, as far as can be told",
        ),
        quiet: count,
        novelty: z.number().min(0).max(1),
        discovery: many(count).describe("Flows known after each cycle"),
        terms: many(
          z.strictObject({
            name: z.string(),
            met: z.boolean(),
            text: z.string(),
            remedy: z.string(),
            cycles: count.optional(),
          }),
        ),
      }),
    ),
    elsewhere: count,
    timeless: count,
    denied: count,
  },
);

export const dispositionsDocument = published(
  "dispositions",
  1,
  "How observed traffic fares against the policy, what asks for attention first.",
  {
    flows: many(
      z.strictObject({
        flow: baselineFlowSchema,
        conduit: z.string(),
        disposition: z.enum(dispositions),
        by: z.string().optional(),
      }),
    ),
    outside: z.record(z.string(), count).describe("Flows that no policy judges, by reason"),
  },
);

export const flowExplanationsDocument = published(
  "flow-explanations",
  1,
  "What observed flows rest on and lead to.",
  {
    flows: many(
      z.strictObject({
        flow: baselineFlowSchema,
        text: z.string(),
        direction: z.string(),
        sources: many(z.strictObject({ name: z.string(), format: z.string() })),
        fate: z.string(),
        leadsTo: z.string(),
      }),
    ),
  },
);

export const proposalDocument = published("proposal", 1, "Permits that a baseline asks for.", {
  evidence: z.string(),
  conduits: many(
    z.strictObject({
      id: z.string(),
      permits: many(
        z.strictObject({
          id: z.string(),
          initiators: strings,
          responders: strings,
          services: strings,
          critical: z.boolean(),
          flows,
        }),
      ),
    }),
  ),
  questions: many(z.strictObject({ kind: z.string(), text: z.string() })),
  settled: z.record(z.string(), count),
});
