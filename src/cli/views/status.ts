import { printable } from "../../diagnostics/printable.ts";
import type { Site } from "../../policy/model.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import type { Ring } from "../../rollout/known-good.ts";
import type { LiveState } from "../../target.ts";

/** What is known of one firewall now; without `live` it did not answer. */
export interface FirewallStatus {
  readonly firewall: string;
  readonly live?: Pick<LiveState, "conduits" | "lock" | "ownHash" | "foreignHash">;
  readonly knownGoods?: Pick<Ring, "current"> & { readonly numbers: readonly number[] };
  readonly problem?: string;
}

/** Every firewall with its conduits, then the last entries of the journal. */
export function renderStatus(
  firewalls: readonly FirewallStatus[],
  journal: readonly JournalEntry[],
  site: Pick<Site, "conduits">,
): string {
  const lines = [
    ...firewalls.flatMap((status) => firewallLines(status, site)),
    ...(journal.length > 0 ? ["last in the journal:"] : []),
    ...journal.map((entry) =>
      `  ${entry.time} ${entry.actor} ${entry.action} ${entry.conduit ?? ""} ${entry.firewall ?? ""}`.trimEnd(),
    ),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function firewallLines(status: FirewallStatus, site: Pick<Site, "conduits">): readonly string[] {
  if (!status.live) return [`${status.firewall}: NOT KNOWN. ${status.problem}`];
  const { conduits, lock } = status.live;
  const expected = site.conduits
    .filter((conduit) => conduit.firewalls.some((id) => id === status.firewall))
    .map((conduit) => conduit.id as string);
  const names = [...new Set([...expected, ...conduits.map((one) => one.conduit)])];
  return [
    `${status.firewall}:`,
    ...names.map((name) => {
      const own = conduits.filter((one) => one.conduit === name);
      const confirmed = own.find((one) => !one.trial)?.stage ?? "unmanaged";
      const trial = own.find((one) => one.trial);
      return `  ${name}: ${confirmed}${
        trial?.trial
          ? `, ON TRIAL: ${trial.stage}, ends by itself in ${trial.trial.secondsLeft.toFixed(0)} s (plan ${trial.trial.plan}…)`
          : ""
      }`;
    }),
    ...(lock ? [`  locked by ${lock.holder} for ${lock.secondsLeft.toFixed(0)} s`] : []),
    status.knownGoods
      ? `  known-goods: ${status.knownGoods.numbers.join(", ")}; current ${status.knownGoods.current}`
      : "  known-goods: none yet",
  ];
}
