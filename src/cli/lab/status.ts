import { buildCommand } from "@stricli/core";
import { labStatus, renderStatus } from "../../lab/status.ts";
import { type Context, exitCodes } from "../context.ts";
import { folderFlag, withLab } from "./folder.ts";

interface Flags {
  readonly dir: string;
  readonly json?: boolean;
}

export const statusCommand = buildCommand<Flags, [], Context>({
  docs: { brief: "Shows the hosts and sessions of the lab, and how many polls were missed" },
  parameters: {
    flags: {
      dir: folderFlag,
      json: { kind: "boolean", optional: true, withNegated: false, brief: "One JSON document on stdout" },
    },
  },
  async func(flags) {
    const status = await withLab(this, flags.dir, labStatus);
    this.process.stdout.write(
      `${flags.json ? JSON.stringify(status, undefined, 2) : renderStatus(status)}\n`,
    );
    if (status.lab === undefined) this.process.exitCode = exitCodes.failed;
  },
});
