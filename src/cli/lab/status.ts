import { buildCommand } from "@stricli/core";
import { labStatus, renderStatus } from "../../lab/status.ts";
import { type Context, exitCodes } from "../context.ts";
import { jsonFlag, printJson } from "../documents/document.ts";
import { folderFlag, withLab } from "./folder.ts";

interface Flags {
  readonly dir?: string;
  readonly json: boolean;
}

export const statusCommand = buildCommand<Flags, [], Context>({
  docs: { brief: "Shows the hosts and sessions of the lab, and how many polls were missed" },
  parameters: {
    flags: {
      dir: folderFlag,
      json: jsonFlag,
    },
  },
  async func(flags) {
    const status = await withLab(this, flags.dir, labStatus);
    if (flags.json) printJson(this.process, status);
    else this.process.stdout.write(`${renderStatus(status)}\n`);
    if (status.lab === undefined) this.process.exitCode = exitCodes.failed;
  },
});
