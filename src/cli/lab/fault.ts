import { buildCommand } from "@stricli/core";
import type { Order } from "../../lab/control.ts";
import { order } from "../../lab/lab.ts";
import { findHost } from "../../lab/plant.ts";
import { CommandError, type Context, exitCodes } from "../context.ts";
import { jsonFlag, printDocument } from "../documents/document.ts";
import { labFaultDocument } from "../documents/lab.ts";
import { folderFlag, withLab } from "./folder.ts";

interface Flags {
  readonly dir?: string;
  readonly json: boolean;
}

const plain = ["cut-link", "mend-link", "stop-sshd", "start-sshd", "reboot"] as const;
const onHost = ["freeze", "thaw"] as const;
type Fault = (typeof plain)[number] | (typeof onHost)[number];

const isOnHost = (fault: Fault): fault is (typeof onHost)[number] =>
  (onHost as readonly string[]).includes(fault);

function orderOf(fault: Fault, host: string | undefined): Order {
  if (!isOnHost(fault)) return { do: fault };
  if (host === undefined || !findHost(host)) {
    throw new CommandError(
      `${fault} needs a host of the lab: sluice lab fault ${fault} plc1`,
      exitCodes.usage,
    );
  }
  return { do: fault, host };
}

function parseFault(word: string): Fault {
  const fault = [...plain, ...onHost].find((name) => name === word);
  if (!fault) throw new Error(`expected one of ${[...plain, ...onHost].join(", ")}`);
  return fault;
}

export const faultCommand = buildCommand<Flags, [Fault, string?], Context>({
  docs: {
    brief: "Breaks or mends something in the lab",
    fullDescription:
      "cut-link pulls the management cable at the firewall: packets vanish and nobody is told; mend-link plugs it in. stop-sshd and start-sshd. reboot cuts the firewall's power and starts it from its boot files. freeze and thaw stop the programs of a host and let them go on, their sessions left open.",
  },
  parameters: {
    flags: { dir: folderFlag, json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        { parse: parseFault, brief: [...plain, ...onHost].join(", "), placeholder: "FAULT" },
        { parse: String, optional: true, brief: "Host, for freeze and thaw", placeholder: "HOST" },
      ],
    },
  },
  async func(flags, fault, host) {
    const what = orderOf(fault, host);
    await withLab(this, flags.dir, (folder) => order(folder, what));
    if (flags.json) printDocument(this, labFaultDocument, { fault, host });
  },
});
