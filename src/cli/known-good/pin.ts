import { buildCommand } from "@stricli/core";
import { pin } from "../../rollout/known-good/pin.ts";
import type { Context } from "../context.ts";
import { type ActingFlags, actingFlags } from "../rollout/actor.ts";
import { reasonText } from "../rollout/measure.ts";
import { changeKnownGoods, knownGoodArguments } from "./change.ts";

export const pinCommand = buildCommand<ActingFlags & { readonly reason: string }, [string, number], Context>({
  docs: { brief: "Pins a known-good, so that it never makes room for newer ones" },
  parameters: {
    flags: {
      reason: { kind: "parsed", parse: reasonText, placeholder: "TEXT", brief: "Why it must stay" },
      ...actingFlags,
    },
    positional: knownGoodArguments,
  },
  async func(flags, firewall, number) {
    const { reason } = flags;
    await changeKnownGoods(
      this,
      flags,
      firewall,
      { action: "pin", number, text: `known-good ${number} is pinned` },
      { number, reason },
      (driver, holder, by) => pin(driver, holder, number, { by, time: this.now().toISOString(), reason }),
    );
  },
});
