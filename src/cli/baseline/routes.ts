import { buildRouteMap } from "@stricli/core";
import type { Context } from "../context.ts";
import { coverageCommand } from "./coverage.ts";
import { diffCommand } from "./diff.ts";
import { dispositionsCommand } from "./dispositions.ts";
import { baselineExplainCommand } from "./explain.ts";
import { proposeCommand } from "./propose.ts";
import { showCommand } from "./show.ts";

export const baselineRoutes = buildRouteMap<string, Context>({
  docs: { brief: "What was observed, and what it asks for" },
  routes: {
    show: showCommand,
    coverage: coverageCommand,
    diff: diffCommand,
    explain: baselineExplainCommand,
    dispositions: dispositionsCommand,
    propose: proposeCommand,
  },
});
