import { buildCommand } from "@stricli/core";
import { mend } from "../../rollout/known-good/pin.ts";
import type { Context } from "../context.ts";
import { type ActingFlags, actingFlags } from "../rollout/actor.ts";
import { firewallArgument } from "../rollout/firewall.ts";
import { changeKnownGoods } from "./change.ts";

export const mendCommand = buildCommand<ActingFlags, [string], Context>({
  docs: {
    brief: "Writes the texts of the known-goods, and the script for the console, as they were kept",
    fullDescription: "The rules that run and the boot file are not touched.",
  },
  parameters: {
    flags: actingFlags,
    positional: {
      kind: "tuple",
      parameters: [firewallArgument],
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
