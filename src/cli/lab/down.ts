import { buildCommand } from "@stricli/core";
import { isLab, leaveFiles, stopLab } from "../../lab/lab.ts";
import { LabError } from "../../lab/lab-error.ts";
import type { Context } from "../context.ts";
import { folderFlag, withLab } from "./folder.ts";

interface Flags {
  readonly dir: string;
  readonly keep?: boolean;
}

export const downCommand = buildCommand<Flags, [], Context>({
  docs: { brief: "Ends the lab, running or crashed, and removes its folder" },
  parameters: {
    flags: {
      dir: folderFlag,
      keep: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief: "Leave the folder: the engineer's repository, poll logs and the firewall's disk",
      },
    },
  },
  async func(flags) {
    const said = await withLab(this, flags.dir, async (folder) => {
      if (!isLab(folder)) throw new LabError(`there is no lab in ${folder.root}`);
      await (flags.keep ? leaveFiles(folder) : stopLab(folder));
      return flags.keep ? `The lab ended; its files are in ${folder.root}` : "The lab is gone.";
    });
    this.process.stdout.write(`${said}\n`);
  },
});
