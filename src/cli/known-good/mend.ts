import { buildCommand } from "@stricli/core";
import { mend } from "../../rollout/pin.ts";
import type { Context } from "../context.ts";
import { identityFlag, siteFlag } from "../rollout/actor.ts";
import { changeKnownGoods, type Flags } from "./change.ts";

export const mendCommand = buildCommand<Flags, [string], Context>({
  docs: {
    brief: "Writes the texts of the known-goods, and the script for the console, as they were kept",
    fullDescription: "The rules that run and the boot file are not touched.",
  },
  parameters: {
    flags: { site: siteFlag, identity: identityFlag },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "FIREWALL", brief: "The firewall" }],
    },
  },
  async func(flags, firewall) {
    await changeKnownGoods(this, flags, firewall, "mend", {}, mend);
    this.process.stdout.write(`${firewall}: the known-goods lie there as they were kept\n`);
  },
});
