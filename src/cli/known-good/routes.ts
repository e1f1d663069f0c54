import { buildRouteMap } from "@stricli/core";
import type { Context } from "../context.ts";
import { listCommand } from "./list.ts";
import { mendCommand } from "./mend.ts";
import { pinCommand } from "./pin.ts";
import { unpinCommand } from "./unpin.ts";

export const knownGoodRoutes = buildRouteMap<string, Context>({
  docs: { brief: "Shows, pins and mends the configurations that a firewall can be taken back to" },
  routes: { list: listCommand, pin: pinCommand, unpin: unpinCommand, mend: mendCommand },
});
