import { existsSync, mkdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import { printable } from "../diagnostics/printable.ts";
import { isTimeZone } from "../policy/resolve/time-zone.ts";
import { siteJsonSchema, siteSchemaFile } from "../policy/schema/json-schema.ts";
import { schemaLine, siteTemplate } from "../policy/template.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { initDocument } from "./documents/site.ts";
import { writeFileAtomic } from "./files.ts";
import { factsOf, fromAnsible, fromBaseline, fromNetbox } from "./site-drafts.ts";

interface Flags {
  readonly ansible?: string;
  readonly netbox?: string;
  readonly baseline?: string;
  readonly name?: string;
  readonly timezone?: string;
  readonly json: boolean;
}

const fileFlag = (brief: string) =>
  ({ kind: "parsed", parse: String, brief, optional: true, placeholder: "FILE" }) as const;

export const initCommand = buildCommand<Flags, [folder?: string], Context>({
  docs: {
    brief: "Writes a site file to start from, with the schema that editors read",
    fullDescription:
      "Without an inventory: a small commented site. With an inventory or a baseline: its zones and assets, and the " +
      "questions that it leaves open. A site file that is there already is never overwritten.",
  },
  parameters: {
    flags: {
      ansible: fileFlag("Start from an Ansible inventory (YAML or INI)"),
      netbox: fileFlag("Start from a NetBox export of devices (CSV, or JSON of its API)"),
      baseline: fileFlag(
        "Start from a baseline: the hosts that were seen, conduits where zones talk, and permits",
      ),
      name: {
        kind: "parsed",
        parse: String,
        brief: "Name of the plant (default: the folder's)",
        optional: true,
        placeholder: "NAME",
      },
      timezone: {
        kind: "parsed",
        parse: timeZone,
        brief: "Time zone of the plant's clock (default: this computer's)",
        optional: true,
        placeholder: "ZONE",
      },
      json: jsonFlag,
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Folder (default: the working folder)",
          parse: String,
          optional: true,
          placeholder: "FOLDER",
        },
      ],
    },
  },
  func({ ansible, netbox, baseline, name, timezone, json }, path = ".") {
    if ([ansible, netbox, baseline].filter((file) => file !== undefined).length > 1) {
      throw new CommandError("--ansible, --netbox and --baseline exclude each other", exitCodes.usage);
    }
    const folder = resolve(this.cwd, path);
    const file = join(folder, "site.yaml");
    if (existsSync(file)) throw new CommandError(`${join(path, "site.yaml")} exists; it is not overwritten`);
    const site = factsOf(folder, { name, timezone });
    const { text, questions } =
      ansible !== undefined
        ? fromAnsible(this, ansible, site)
        : netbox !== undefined
          ? fromNetbox(this, netbox, site)
          : baseline !== undefined
            ? fromBaseline(this, baseline, relative(folder, resolve(this.cwd, baseline)), site)
            : { text: siteTemplate(site), questions: [] };
    const schema = basename(siteSchemaFile);
    mkdirSync(folder, { recursive: true });
    writeFileAtomic(join(folder, schema), `${JSON.stringify(siteJsonSchema(), null, 2)}\n`);
    writeFileAtomic(file, `${schemaLine(`./${schema}`)}${text}`);
    const written = join(path, "site.yaml");
    if (json) {
      printDocument(this, initDocument, { file: written, jsonSchema: join(path, schema), questions });
      return;
    }
    const asked = questions.map((question) => `  ${printable(question)}\n`).join("");
    if (asked !== "") this.process.stderr.write(`To be answered in the file:\n${asked}`);
    this.process.stdout.write(`wrote ${written}; next: sluice check ${written}\n`);
  },
});

function timeZone(name: string): string {
  if (isTimeZone(name)) return name;
  throw new SyntaxError(`"${name}" is not a time zone: give an IANA name, such as Europe/Zurich`);
}
