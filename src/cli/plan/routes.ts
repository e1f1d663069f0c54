import { buildRouteMap } from "@stricli/core";
import type { Context } from "../context.ts";
import { planCommand } from "../plan.ts";
import { showCommand } from "./show.ts";

/** `sluice plan CONDUIT …` makes a plan, as if `make` stood there. */
export const planRoutes = buildRouteMap<string, Context>({
  docs: { brief: "Plans one step of a conduit, and shows a plan to whoever must decide about it" },
  routes: { make: planCommand, show: showCommand },
  defaultCommand: "make",
});
