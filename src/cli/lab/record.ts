import { buildCommand, numberParser } from "@stricli/core";
import { order } from "../../lab/lab.ts";
import type { Context } from "../context.ts";
import { jsonFlag, printDocument } from "../documents/document.ts";
import { labRecordDocument } from "../documents/lab.ts";
import { outputPath } from "../output-path.ts";
import { folderFlag, withLab } from "./folder.ts";

interface Flags {
  readonly dir?: string;
  readonly seconds: number;
  readonly output: string;
  readonly json: boolean;
}

export const recordCommand = buildCommand<Flags, [], Context>({
  docs: { brief: "Records what passes the switch of the lab's cell, as a span port would" },
  parameters: {
    flags: {
      dir: folderFlag,
      seconds: {
        kind: "parsed",
        parse: numberParser,
        default: "12",
        placeholder: "SECONDS",
        brief: "For how long",
      },
      output: { kind: "parsed", parse: String, brief: "The capture to write", placeholder: "FILE" },
      json: jsonFlag,
    },
    aliases: { o: "output" },
  },
  async func(flags) {
    const file = outputPath(this, flags.output, "capture");
    this.process.stderr.write(`recording for ${flags.seconds} s …\n`);
    await withLab(this, flags.dir, (folder) => order(folder, { do: "record", seconds: flags.seconds, file }));
    if (flags.json) printDocument(this, labRecordDocument, { file, seconds: flags.seconds });
    else this.process.stdout.write(`${file}\n`);
  },
});
