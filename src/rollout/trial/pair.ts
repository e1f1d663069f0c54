import { SessionError } from "../../session.ts";
import type { Change, Outside } from "../change.ts";
import { describe } from "./describe.ts";
import type { Ending, Settings } from "./machine.ts";
import { runChange } from "./runner.ts";

/** One member of a high-availability pair, with the world around its session. */
export interface Member {
  readonly change: Change;
  readonly outside: Outside;
}

export interface PairEnding {
  readonly standby: Ending;
  /** Absent when the primary was not begun. */
  readonly primary?: Ending;
}

/**
 * Changes both members of a pair. The standby is first on trial, where nothing depends on it; its trial is held until
 * that of the primary is over, so that a failover in between meets the same rules. Each has its own drill, lease and dead
 * man, and neither needs the other to return. When the primary is confirmed so is the standby; else both go back.
 * @param confirming makes the standby's change anew, for the session that confirms it.
 */
export async function runPair(
  standby: Member,
  primary: Member,
  settings: Pick<Settings, "confirm">,
  confirming: () => Change,
): Promise<PairEnding> {
  let standbyEnds: string | undefined;
  let primaryEnds: string | undefined;
  let primaryIsConfirmed = false;
  /** Over when it is known what becomes of the standby; until then a session that lost its wire must not end its trial. */
  let decision: Promise<void> = Promise.resolve();
  let isOpen = false;
  let decided = (): void => undefined;
  const undecided = (): void => {
    isOpen = true;
    decision = new Promise((resolve) => {
      decided = () => {
        isOpen = false;
        resolve();
      };
    });
  };
  const { outside } = standby;
  const connect: Outside["connect"] = () => decision.then(outside.connect);
  // Somebody who asks to stop between the two confirms would split the pair.
  const abortReason: Outside["abortReason"] = () => (isOpen ? undefined : outside.abortReason());
  const held = observed({ ...standby, outside: { ...outside, connect, abortReason } }, () => standbyEnds);
  const ready = held.reached("soaked").then(() => "reached" as const);
  const standbyEnding = runChange(
    standby.change,
    { kind: "approved" },
    settingsOf(standby.change, "by-another"),
    held.outside,
  );
  const early = await Promise.race([ready, standbyEnding]);
  if (early !== "reached") return { standby: early };

  const carried = observed(primary, () => primaryEnds);
  let primaryMayBeConfirmed = false;
  void carried.reached("confirming").then(() => {
    primaryMayBeConfirmed = true;
    undecided();
  });
  void carried.reached("confirmed").then(() => {
    primaryIsConfirmed = true;
    // Where another session confirmed it.
    if (!primaryMayBeConfirmed) undecided();
  });
  // A member whose wire is cut is looked for until long after its lease; its partner does not wait for that.
  void held.reached("reverting").then(({ cause }) => {
    if (!primaryIsConfirmed)
      primaryEnds = `the standby ${standby.change.plan.firewall.id} goes back: ${cause}`;
  });
  void carried.reached("reverting").then(({ cause }) => {
    if (!primaryMayBeConfirmed)
      standbyEnds = `the primary ${primary.change.plan.firewall.id} goes back: ${cause}`;
  });
  void standbyEnding.then((ending) => {
    if (!primaryIsConfirmed)
      primaryEnds ??= `the standby ${standby.change.plan.firewall.id}: ${describe(ending)}`;
  });
  const ending = await runChange(
    primary.change,
    { kind: "approved" },
    settingsOf(primary.change, settings.confirm),
    carried.outside,
  );
  if (!isChanged(ending)) {
    decided();
    standbyEnds ??= `the primary ${primary.change.plan.firewall.id}: ${describe(ending)}`;
    return { standby: await standbyEnding, primary: ending };
  }
  const leaseEnds = outside.now() + standby.change.plan.trial.lease;
  const confirmation = await runChange(
    confirming(),
    { kind: "confirming", leaseEnds },
    settingsOf(standby.change, "by-another"),
    patient({ ...outside, abortReason: () => undefined }, leaseEnds),
  );
  decided();
  // The session that held the trial learns of it from the firewall; without a confirm it must be told to end.
  if (confirmation.kind !== "done") standbyEnds = describe(confirmation);
  const holding = await standbyEnding;
  return { standby: confirmation.kind === "refused" ? holding : confirmation, primary: ending };
}

const settingsOf = ({ plan }: Change, confirm: Settings["confirm"]): Settings => ({
  lease: plan.trial.lease,
  soak: plan.trial.soak,
  confirm,
});

/** A world that looks for a firewall until a time: a wire that is back before the lease has ended splits no pair. */
function patient(outside: Outside, until: number): Outside {
  const connect: Outside["connect"] = async () => {
    try {
      return await outside.connect();
    } catch (error) {
      if (!(error instanceof SessionError) || outside.now() >= until) throw error;
      await outside.sleep(1);
      return connect();
    }
  };
  return { ...outside, connect };
}

type Details = Parameters<Outside["record"]>[1];

/** A member's world that also ends when its partner does, and in which it can be awaited that a state is recorded. */
function observed(
  { change, outside }: Member,
  ends: () => string | undefined,
): { readonly outside: Outside; reached(state: string): Promise<Details> } {
  const waiting = new Map<string, (details: Details) => void>();
  return {
    reached: (state) =>
      new Promise((resolve) => {
        waiting.set(state, resolve);
      }),
    outside: {
      ...outside,
      abortReason: () => outside.abortReason() ?? ends(),
      async record(action, details) {
        await outside.record(action, details);
        waiting.get(action)?.(details);
      },
      tell: (line) => outside.tell(`${change.plan.firewall.id}: ${line}`),
    },
  };
}

/** Whether the firewall has the new stage, be it only until it reboots. */
export const isChanged = (ending: Ending | undefined): boolean =>
  ending?.kind === "done" || ending?.kind === "confirmed-not-persisted";

/** What became of a pair, for the engineer; each member as it is known to be. */
export function pairText(
  members: readonly [standby: string, primary: string],
  { standby, primary }: PairEnding,
): string {
  const [one, other] = members;
  const lines = [
    `${one} (standby): ${describe(standby)}`,
    `${other} (primary): ${primary ? describe(primary) : "not begun, nothing was changed"}`,
  ];
  const unknown = [
    ...(standby.kind === "revert-unproven" ? [one] : []),
    ...(primary?.kind === "revert-unproven" ? [other] : []),
  ];
  if (unknown.length > 0) {
    return [
      ...lines,
      `WHETHER THE PAIR IS SPLIT IS UNKNOWN: what ${unknown.join(" and ")} does was not proven. Look before anything else, and ` +
        "before a failover: sluice status",
    ].join("\n");
  }
  if (isChanged(standby) === isChanged(primary)) return lines.join("\n");
  const [changed, unchanged] = isChanged(primary) ? [other, one] : [one, other];
  return [
    ...lines,
    `THE PAIR IS SPLIT: ${changed} has the new stage and ${unchanged} has not, so a failover changes what passes. ` +
      `Either plan it again, which is then for ${unchanged} alone, or take it back: sluice rollback ${changed}`,
  ].join("\n");
}
