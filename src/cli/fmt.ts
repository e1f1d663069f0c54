import { buildCommand } from "@stricli/core";
import { formatSite } from "../policy/format.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { formatDocument } from "./documents/site.ts";
import { writeFileAtomic } from "./files.ts";
import { readSiteFile, sourceOf } from "./site-file.ts";
import { tell } from "./tell.ts";

interface Flags {
  readonly check: boolean;
  readonly json: boolean;
}

export const fmtCommand = buildCommand<Flags, [site?: string], Context>({
  docs: {
    brief: "Puts a site file into its canonical form",
    fullDescription:
      "Keys are put into the order of the schema and the layout is made even. Comments stay, and so do all values. " +
      "With --check nothing is written: files that are not in canonical form are named, and the exit code is 1.",
  },
  parameters: {
    flags: {
      check: {
        kind: "boolean",
        brief: "Only say which files are not in canonical form",
        default: false,
        withNegated: false,
      },
      json: jsonFlag,
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Site file, or a folder of them (default: the nearest site.yaml)",
          parse: String,
          placeholder: "SITE",
          optional: true,
        },
      ],
    },
  },
  func({ check, json }, path) {
    const { texts } = readSiteFile(this, path);
    const formatted = texts.map((file) => ({ ...file, ...formatSite(file.text, file.name) }));
    const faults = formatted.flatMap(({ diagnostics }) => diagnostics);
    tell(this, faults, sourceOf(texts));
    if (faults.length > 0) throw new CommandError("nothing was written");
    const changed = formatted.filter(({ text, value }) => value !== text);
    if (!check) for (const { path: file, value } of changed) writeFileAtomic(file, value!);
    const files = changed.map(({ name }) => name);
    if (json) printDocument(this, formatDocument, { files, written: !check });
    else this.process.stdout.write(files.map((name) => `${name}\n`).join(""));
    if (check && changed.length > 0) this.process.exitCode = exitCodes.failed;
  },
});
