import { buildCommand } from "@stricli/core";
import { isLab, leaveFiles, stopLab } from "../../lab/lab.ts";
import { LabError } from "../../lab/lab-error.ts";
import type { Context } from "../context.ts";
import { jsonFlag, printDocument } from "../documents/document.ts";
import { labDownDocument } from "../documents/lab.ts";
import { folderFlag, withLab } from "./folder.ts";

interface Flags {
  readonly dir?: string;
  readonly keep?: boolean;
  readonly json: boolean;
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
      json: jsonFlag,
    },
  },
  async func(flags) {
    const { root } = await withLab(this, flags.dir, async (folder) => {
      if (!isLab(folder)) throw new LabError(`there is no lab in ${folder.root}`);
      await (flags.keep ? leaveFiles(folder) : stopLab(folder));
      return folder;
    });
    if (flags.json) printDocument(this, labDownDocument, { folder: root, kept: flags.keep ?? false });
    else {
      this.process.stdout.write(
        flags.keep ? `The lab ended; its files are in ${root}\n` : "The lab is gone.\n",
      );
    }
  },
});
