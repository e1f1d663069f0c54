import { buildCommand } from "@stricli/core";
import { runInHost } from "../../lab/enter.ts";
import { laptop } from "../../lab/plant.ts";
import type { Context } from "../context.ts";
import { folderFlag, withLab } from "./folder.ts";

interface Flags {
  readonly dir?: string;
}

export const shellCommand = buildCommand<Flags, [string?], Context>({
  docs: { brief: "Opens a shell on a host of the lab" },
  parameters: {
    flags: { dir: folderFlag },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, optional: true, brief: "Host (default: laptop)", placeholder: "HOST" }],
    },
  },
  async func(flags, host = laptop.name) {
    const shell = this.process.env.SHELL ?? "/bin/sh";
    this.process.exitCode = await withLab(this, flags.dir, (folder) => runInHost(folder, host, [shell]));
  },
});
