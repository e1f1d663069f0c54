import { buildCommand } from "@stricli/core";
import { pin } from "../../rollout/known-good/pin.ts";
import type { Context } from "../context.ts";
import { type ActingFlags, actingFlags } from "../rollout/actor.ts";
import { changeKnownGoods, knownGoodArguments } from "./change.ts";

export const unpinCommand = buildCommand<ActingFlags, [string, number], Context>({
  docs: { brief: "Takes the pin of a known-good away" },
  parameters: {
    flags: actingFlags,
    positional: knownGoodArguments,
  },
  async func(flags, firewall, number) {
    await changeKnownGoods(
      this,
      flags,
      firewall,
      { action: "unpin", number, text: `known-good ${number} is not pinned` },
      { number },
      (driver, holder) => pin(driver, holder, number, undefined),
    );
  },
});
