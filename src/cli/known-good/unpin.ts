import { buildCommand, numberParser } from "@stricli/core";
import { pin } from "../../rollout/pin.ts";
import type { Context } from "../context.ts";
import { changeKnownGoods, type Flags, flags as known } from "./change.ts";

export const unpinCommand = buildCommand<Flags, [string, number], Context>({
  docs: { brief: "Takes the pin of a known-good away" },
  parameters: {
    flags: known,
    positional: {
      kind: "tuple",
      parameters: [
        { parse: String, placeholder: "FIREWALL", brief: "The firewall" },
        {
          parse: numberParser,
          placeholder: "NUMBER",
          brief: "The known-good, as `known-good list` numbers it",
        },
      ],
    },
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
