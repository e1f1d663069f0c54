import type { JournalEntry } from "../../rollout/journal.ts";

export type Stage = "unmanaged" | "monitor" | "enforce";

/** Where a conduit stands on a firewall, and since which entry of the journal. */
export interface Standing {
  readonly stage: Stage;
  readonly since: JournalEntry;
}

/** A configuration that was proven on a firewall, as the journal tells it. */
export interface KeptState {
  readonly number: number;
  readonly entry: JournalEntry | undefined;
  readonly conduits: ReadonlyMap<string, Standing>;
}

export interface FirewallHistory {
  readonly conduits: ReadonlyMap<string, Standing>;
  /** Number 1 is what was there at first contact. */
  readonly knownGoods: readonly KeptState[];
  /** Number of the known-good that runs. */
  readonly current: number;
}

const untouched: FirewallHistory = {
  conduits: new Map(),
  knownGoods: [{ number: 1, entry: undefined, conduits: new Map() }],
  current: 1,
};

/** What the journal says of each firewall. Changes made past Sluice are not in it: those are drift. */
export function firewallHistories(journal: readonly JournalEntry[]): ReadonlyMap<string, FirewallHistory> {
  const targets = new Map(
    journal.flatMap(({ action, plan, details }) =>
      action === "approved" && plan !== undefined ? [[plan, details?.to as Stage | undefined]] : [],
    ),
  );
  const histories = new Map<string, FirewallHistory>();
  for (const entry of journal) {
    if (entry.firewall === undefined) continue;
    const before = histories.get(entry.firewall) ?? untouched;
    histories.set(entry.firewall, next(before, entry, targets.get(entry.plan ?? "")));
  }
  return histories;
}

function next(history: FirewallHistory, entry: JournalEntry, to: Stage | undefined): FirewallHistory {
  const { conduit, action } = entry;
  switch (action) {
    // Both the session of the trial and the one that confirms write this: the first entry counts.
    case "confirmed": {
      if (conduit === undefined || to === undefined) return history;
      const since = history.conduits.get(conduit)?.since;
      if (since?.plan === entry.plan) return history;
      return { ...history, conduits: new Map(history.conduits).set(conduit, { stage: to, since: entry }) };
    }
    case "done": {
      if (history.knownGoods.some((kept) => kept.entry?.plan === entry.plan)) return history;
      const number = history.knownGoods.length + 1;
      const kept = { number, entry, conduits: history.conduits };
      return { ...history, knownGoods: [...history.knownGoods, kept], current: number };
    }
    case "rollback": {
      const { kind, number } = (entry.details ?? {}) as { readonly kind?: string; readonly number?: number };
      const kept = history.knownGoods.find((one) => one.number === number);
      if (kind !== "restored" || kept === undefined) return history;
      const conduits = new Map([...kept.conduits].map(([id, { stage }]) => [id, { stage, since: entry }]));
      return { ...history, conduits, current: kept.number };
    }
    default:
      return history;
  }
}
