import { stringify } from "yaml";
import type { Facts, ObservedFlow } from "../../../src/policy/checks/check.ts";
import { type CheckReport, runChecks } from "../../../src/policy/checks/run.ts";
import type { Site } from "../../../src/policy/model.ts";
import { readSite } from "../../../src/policy/read.ts";
import { targetDefaults } from "../../../targets/defaults.ts";

const key = (seed: string): string => {
  const type = Buffer.from("\0\0\0\u000bssh-ed25519\0\0\0 ", "latin1");
  return `ssh-ed25519 ${Buffer.concat([type, Buffer.alloc(32, `test ${seed}`)]).toString("base64")}`;
};

/** A small plant in which no check finds anything. Tests change one thing in it. */
export const plant = {
  sluice: 1,
  site: { name: "Test plant", timezone: "Europe/Zurich" },
  people: {
    eva: { name: "Eva Meier", roles: ["engineer"], keys: [key("e")], reviewed: "2026-06-01" },
    olaf: { name: "Olaf Berg", roles: ["approver"], keys: [key("o")], reviewed: "2026-06-01" },
    rita: { name: "Rita Sarr", roles: ["approver"], keys: [key("r")], reviewed: "2026-06-01" },
  },
  zones: {
    cell: {
      level: 1,
      "sl-target": 2,
      networks: ["10.1.0.0/24", "fd00:1::/64"],
      assets: {
        plc: { addresses: ["10.1.0.10"] },
        drive: { addresses: ["10.1.0.11"] },
      },
    },
    dmz: {
      level: 3,
      "sl-target": 2,
      networks: ["10.2.0.0/24", "fd00:2::/64"],
      assets: { historian: { addresses: ["10.2.0.10"] } },
    },
  },
  conduits: {
    "dmz-cell": {
      zones: ["dmz", "cell"],
      firewalls: ["fw1"],
      permits: {
        poll: {
          initiators: ["historian"],
          responders: ["plc"],
          services: ["tcp/502"],
          reason: "The historian polls process values.",
          owner: "eva",
          evidence: "baseline/week.json",
          critical: true,
        },
      },
    },
  },
  firewalls: {
    fw1: {
      target: "nftables",
      address: "10.2.0.1",
      ssh: { user: "root", "host-keys": [key("h")] },
      management: ["10.2.0.99"],
    },
  },
  windows: { night: { days: ["sat"], from: "02:00", to: "04:00" } },
};

export type Plant = typeof plant & Record<string, unknown>;

/** What the evidence of the plant's permit has seen. */
export const observed: readonly ObservedFlow[] = [
  {
    initiator: "10.2.0.10",
    responder: "10.1.0.10",
    protocol: 6,
    port: 502,
    cadence: { kind: "periodic", silenceDeadline: 30 },
  },
];

/** The plant's text after a change. */
// biome-ignore lint/suspicious/noExplicitAny: a change may put anything anywhere
export function changed(change: (plant: any) => void): string {
  const copy = structuredClone(plant);
  change(copy);
  return stringify(copy, { aliasDuplicateObjects: false });
}

/** Reads a site that must be without errors. */
export function siteOf(text: string): Site {
  const { value, diagnostics } = readSite(text, "site.yaml", targetDefaults);
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return value;
}

/** Runs the checks on a text, on 2026-07-01, with the plant's evidence. */
export function checked(text: string, facts: Partial<Facts> = {}): CheckReport {
  const evidence = new Map([["baseline/week.json", observed]]);
  return runChecks({ site: siteOf(text), today: "2026-07-01", evidence, ...facts });
}
