import { buildCommand } from "@stricli/core";
import { runInHost } from "../../lab/enter.ts";
import { findHost, laptop } from "../../lab/plant.ts";
import { CommandError, type Context, exitCodes } from "../context.ts";
import { folderFlag, withLab } from "./folder.ts";

interface Flags {
  readonly dir?: string;
}

export const execCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: "Runs a command on a host of the lab",
    customUsage: ["[--dir FOLDER] [HOST] -- COMMAND…"],
    fullDescription:
      "Runs a command on a host of the lab (the engineer's laptop when none is named), in the folder of the site file. Exits as the command does. Where the lab runs in a user namespace, only SSH gives privileges on the firewall: `ssh -i ../keys/eva root@192.0.2.1`.",
  },
  parameters: {
    flags: { dir: folderFlag },
    positional: {
      kind: "array",
      parameter: { parse: String, brief: "Host, then the command and its arguments", placeholder: "WORD" },
    },
  },
  async func(flags, ...words) {
    const named = findHost(words[0] ?? "") !== undefined;
    const [host, argv] = named ? [words[0]!, words.slice(1)] : [laptop.name, words];
    if (argv.length === 0) {
      throw new CommandError("no command: sluice lab exec [HOST] -- COMMAND…", exitCodes.usage);
    }
    this.process.exitCode = await withLab(this, flags.dir, (folder) => runInHost(folder, host, argv));
  },
});
