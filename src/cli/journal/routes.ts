import { buildRouteMap } from "@stricli/core";
import type { Context } from "../context.ts";
import { showCommand } from "./show.ts";
import { verifyCommand } from "./verify.ts";

export const journalRoutes = buildRouteMap<string, Context>({
  docs: {
    brief: "The record of everything that was done: show it, and verify that nothing in it was changed",
  },
  routes: { show: showCommand, verify: verifyCommand },
});
