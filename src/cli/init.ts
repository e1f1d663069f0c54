import { existsSync, mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import { printable } from "../diagnostics/printable.ts";
import { renderDiagnostic } from "../diagnostics/render.ts";
import { readAnsibleInventory } from "../inventory/ansible.ts";
import { type DraftSite, draftSite } from "../inventory/draft-site.ts";
import type { InventoryHost } from "../inventory/host.ts";
import { NetboxError, readNetboxExport } from "../inventory/netbox.ts";
import { siteJsonSchema, siteSchemaFile } from "../policy/schema/json-schema.ts";
import { schemaLine, siteTemplate } from "../policy/template.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { writeFileAtomic } from "./files.ts";
import { readTextFile } from "./text-file.ts";

interface Flags {
  readonly ansible?: string;
  readonly netbox?: string;
  readonly name?: string;
  readonly timezone?: string;
}

const sizeLimit = 64 * 1024 * 1024;

const fileFlag = (brief: string) =>
  ({ kind: "parsed", parse: String, brief, optional: true, placeholder: "FILE" }) as const;

export const initCommand = buildCommand<Flags, [folder?: string], Context>({
  docs: {
    brief: "Write a site file to start from, with the schema that editors read",
    fullDescription:
      "Without an inventory: a small commented site. With one: its zones and assets, and the questions that it " +
      "leaves open. A site file that is there already is never overwritten.",
  },
  parameters: {
    flags: {
      ansible: fileFlag("Start from an Ansible inventory (YAML or INI)"),
      netbox: fileFlag("Start from a NetBox export of devices (CSV, or JSON of its API)"),
      name: {
        kind: "parsed",
        parse: String,
        brief: "Name of the plant (default: the folder's)",
        optional: true,
      },
      timezone: {
        kind: "parsed",
        parse: String,
        brief: "Time zone of the plant's clock (default: this computer's)",
        optional: true,
        placeholder: "ZONE",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Folder (default: the working folder)", parse: String, optional: true }],
    },
  },
  func({ ansible, netbox, name, timezone }, path = ".") {
    if (ansible !== undefined && netbox !== undefined) {
      throw new CommandError("--ansible and --netbox exclude each other", exitCodes.usage);
    }
    const folder = resolve(this.cwd, path);
    const file = join(folder, "site.yaml");
    if (existsSync(file))
      throw new CommandError(`${join(path, "site.yaml")} is there already: it is not overwritten`);
    const site = {
      name: printable(name ?? (basename(folder) || "plant")),
      timezone: timezone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    };
    const inventory = ansible ?? netbox;
    const { text, questions } =
      inventory === undefined
        ? { text: siteTemplate({ ...site, target: "nftables" }), questions: [] }
        : drafted(inventory, readInventory(this, ansible, netbox), site);
    const schema = basename(siteSchemaFile);
    mkdirSync(folder, { recursive: true });
    writeFileAtomic(join(folder, schema), `${JSON.stringify(siteJsonSchema(), null, 2)}\n`);
    writeFileAtomic(file, `${schemaLine(`./${schema}`)}${text}`);
    const asked = questions.map((question) => `  ${printable(question)}\n`).join("");
    if (asked !== "") this.process.stderr.write(`To be answered in the file:\n${asked}`);
    this.process.stdout.write(
      `wrote ${join(path, "site.yaml")}; next: sluice check ${join(path, "site.yaml")}\n`,
    );
  },
});

function readInventory(context: Context, ansible?: string, netbox?: string): readonly InventoryHost[] {
  const name = ansible ?? netbox ?? "";
  const text = readTextFile(resolve(context.cwd, name), name, sizeLimit);
  if (ansible !== undefined) {
    const { value: hosts, diagnostics } = readAnsibleInventory(text, name);
    for (const diagnostic of diagnostics) {
      context.process.stderr.write(`${renderDiagnostic(diagnostic, () => text)}\n\n`);
    }
    if (hosts === undefined) throw new CommandError(`${name} is not an inventory that can be read`);
    return hosts;
  }
  try {
    return readNetboxExport(text);
  } catch (error) {
    if (error instanceof NetboxError) throw new CommandError(`${name}: ${error.message}`);
    throw error;
  }
}

function drafted(
  file: string,
  hosts: readonly InventoryHost[],
  site: { readonly name: string; readonly timezone: string },
): DraftSite {
  if (hosts.every(({ addresses }) => addresses.length === 0)) {
    throw new CommandError(`${file} lists no host with an address`);
  }
  return draftSite(hosts, site);
}
