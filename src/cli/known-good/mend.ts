import { buildCommand } from "@stricli/core";
import { mend } from "../../rollout/pin.ts";
import type { Context } from "../context.ts";
import { changeKnownGoods, type Flags, flags as known } from "./change.ts";

export const mendCommand = buildCommand<Flags, [string], Context>({
  docs: {
    brief: "Writes the texts of the known-goods, and the script for the console, as they were kept",
    fullDescription: "The rules that run and the boot file are not touched.",
  },
  parameters: {
    flags: known,
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "FIREWALL", brief: "The firewall" }],
    },
  },
  async func(flags, firewall) {
    await changeKnownGoods(
      this,
      flags,
      firewall,
      { action: "mend", text: "the known-goods lie there as they were kept" },
      {},
      mend,
    );
  },
});
