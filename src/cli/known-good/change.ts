import { numberParser } from "@stricli/core";
import { holderOf } from "../../rollout/holder.ts";
import type { Driver } from "../../target.ts";
import { CommandError, type Context } from "../context.ts";
import { knownGoodChangeDocument } from "../documents/change.ts";
import { printDocument } from "../documents/document.ts";
import { type ActingFlags, whoActs } from "../rollout/actor.ts";
import { changeFirewall, firewallArgument, firewallOf, placeOf } from "../rollout/firewall.ts";
import { recordDone } from "../rollout/journal-file.ts";
import { requireRight } from "../rollout/measure.ts";
import { sessionName } from "../rollout/outside.ts";
import { loadSite } from "../site-file.ts";

/** What was done to the known-goods of a firewall. */
export interface Done {
  readonly action: "pin" | "unpin" | "mend";
  readonly number?: number;
  /** For a human. */
  readonly text: string;
}

/** The arguments of a change to one known-good. */
export const knownGoodArguments = {
  kind: "tuple",
  parameters: [
    firewallArgument,
    { parse: numberParser, placeholder: "NUMBER", brief: "The known-good, as `known-good list` numbers it" },
  ],
} as const;

/** Changes the known-goods of a firewall under its lock, and writes that into the journal. @throws {CommandError} */
export async function changeKnownGoods(
  context: Context,
  flags: ActingFlags,
  firewall: string,
  { action, number, text }: Done,
  details: Readonly<Record<string, unknown>>,
  change: (driver: Driver, holder: string, actor: string) => Promise<string | undefined>,
): Promise<void> {
  const { site, folder } = loadSite(context, flags.site);
  const place = placeOf(firewallOf(site, firewall));
  const actor = whoActs(context, flags.identity, site.people);
  requireRight(site, "apply", actor);
  const holder = holderOf(actor.person.id, sessionName(), context.now(), "0".repeat(64));
  const refusal = await changeFirewall(context, place, actor.identity, ({ driver }) =>
    change(driver, holder, actor.person.id),
  );
  if (refusal !== undefined) throw new CommandError(`${firewall}: ${refusal}; nothing was changed`);
  await recordDone(context, folder, [
    { time: context.now().toISOString(), actor: actor.person.id, action, firewall, details },
  ]);
  if (flags.json) printDocument(context, knownGoodChangeDocument, { firewall, action, number });
  else context.process.stdout.write(`${firewall}: ${text}\n`);
}
