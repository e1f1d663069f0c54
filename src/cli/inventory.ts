import { resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import { observation } from "../baseline/observe.ts";
import { draftSite } from "../inventory/draft-site.ts";
import { passiveInventory } from "../inventory/passive/assets.ts";
import { watchDevices } from "../inventory/passive/sightings.ts";
import { hostOf, siteAssets } from "../inventory/passive/site-assets.ts";
import { cardVendors } from "./card-vendors.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { inventoryDocument } from "./documents/inventory.ts";
import { type ClockFlags, clockFlags, clockOf, observeFiles } from "./observe/files.ts";
import { findInputs } from "./observe/input.ts";
import { factsOf } from "./site-drafts.ts";
import { loadSite, nearestSiteFile } from "./site-file.ts";
import { renderInventory } from "./views/inventory.ts";

interface Flags extends ClockFlags {
  readonly site?: string;
  readonly yaml: boolean;
  readonly json: boolean;
}

export const inventoryCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief: "Lists the devices that captures and logs show: what each is, says of itself, and may be",
    fullDescription:
      "It only listens: nothing is ever sent to a device. Captures show cards, and what devices say over EtherNet/IP, " +
      "Modbus, S7, BACnet, PROFINET DCP, LLDP, CDP, HTTP and SNMP, with their names; flow logs show who asks and who answers. A role " +
      "is a guess with its reason. --yaml prints assets to merge into the site file, or drafts one where there is none.",
  },
  parameters: {
    flags: {
      ...clockFlags,
      site: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "With --yaml: the site file to compare with (default: the nearest site.yaml)",
      },
      yaml: { kind: "boolean", default: false, withNegated: false, brief: "Print YAML for the site file" },
      json: jsonFlag,
    },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { parse: String, placeholder: "FILE", brief: "Captures, logs, folders, or -" },
    },
  },
  async func({ site, yaml, json, ...clock }, ...names) {
    if (yaml && json) throw new CommandError("--yaml and --json exclude each other", exitCodes.usage);
    const place = yaml ? (site ?? nearestSiteFile(this.cwd)) : undefined;
    const zones = place === undefined ? undefined : loadSite(this, place).site.zones;
    const devices = watchDevices();
    const seen = observation({ clock: clockOf(clock), frames: devices.frame });
    await observeFiles(this, findInputs(this, names), seen);
    const { sources, flows } = seen.baseline();
    if (sources.length === 0) throw new CommandError("none of the files is of a format that is read here");
    const inventory = passiveInventory({
      sources,
      flows,
      sightings: devices.sightings(),
      vendorOf: cardVendors(),
    });
    if (json) printDocument(this, inventoryDocument, inventory);
    else if (zones !== undefined) this.process.stdout.write(siteAssets(inventory.assets, zones));
    else if (yaml) {
      const hosts = inventory.assets.map(hostOf).filter(({ addresses }) => addresses.length > 0);
      this.process.stdout.write(draftSite(hosts, factsOf(resolve(this.cwd), {})).text);
    } else {
      const { stdout, env } = this.process;
      // As POSIX has it, COLUMNS tells the width where there is no terminal to ask.
      stdout.write(renderInventory(inventory, stdout.columns ?? (Number(env.COLUMNS) || undefined)));
    }
  },
});
