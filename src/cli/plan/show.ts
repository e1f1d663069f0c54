import { buildCommand } from "@stricli/core";
import type { Context } from "../context.ts";
import { jsonFlag } from "../documents/document.ts";
import { printReport } from "../print-report.ts";
import { loadPlan } from "../rollout/plan-files.ts";
import { reviewOf } from "./review-of.ts";

interface Flags {
  readonly report?: string;
  readonly json: boolean;
}

export const showCommand = buildCommand<Flags, [plan: string], Context>({
  docs: {
    brief: "Shows a plan to whoever must decide about it: in the terminal, as a page, or as JSON",
    fullDescription:
      "Says what changes, which flows will be cut, what ends the trial, how it is undone and who has approved. Needs " +
      "the plan's file only; the approvals beside it and the journal above it are shown where they are there.",
  },
  parameters: {
    flags: {
      report: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Write the review as one self-contained HTML page",
      },
      json: jsonFlag,
    },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "PLAN", brief: "The plan's file" }],
    },
  },
  async func({ report, json }, path) {
    const review = await reviewOf(this, path, loadPlan(this, path));
    printReport(this, review, { page: report, format: json ? "json" : "text" });
  },
});
