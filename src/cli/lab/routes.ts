import { buildRouteMap } from "@stricli/core";
import type { Context } from "../context.ts";
import { downCommand } from "./down.ts";
import { execCommand } from "./exec.ts";
import { faultCommand } from "./fault.ts";
import { recordCommand } from "./record.ts";
import { shellCommand } from "./shell.ts";
import { statusCommand } from "./status.ts";
import { upCommand } from "./up.ts";

export const labRoutes = buildRouteMap<string, Context>({
  docs: { brief: "A small plant in network namespaces, to try everything on" },
  routes: {
    up: upCommand,
    status: statusCommand,
    exec: execCommand,
    shell: shellCommand,
    record: recordCommand,
    fault: faultCommand,
    down: downCommand,
  },
});
