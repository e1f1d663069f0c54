import { type GuestRow, guestRows } from "../guest/rows.ts";
import { lease as pairLease } from "../pair/play.ts";
import { faultOf, momentOf, rows } from "../pair/rows.ts";
import { type FaultName, faults } from "./faults.ts";
import { type Cell, cells, isInEachRun, matrix, type Outcome } from "./matrix.ts";
import { momentNames, moments } from "./moments.ts";
import { lease } from "./site.ts";

const stages: Readonly<Record<Outcome["stage"], string>> = {
  previous: "monitor, the stage before",
  confirmed: "enforce, as confirmed",
};
/** What `sluice apply` says of the end, by its exit code. */
const ends: Readonly<Record<Outcome["apply"], string>> = {
  0: "done",
  1: "refused, nothing changed",
  3: "back, and proven",
  5: "confirmed, not persisted",
  killed: "nothing more: it was killed",
  "goes on": "the trial goes on; Ctrl-C ends it: back, and proven",
};

const tableLine = (words: readonly string[], { stage, apply }: Outcome): string =>
  `| ${[...words, stages[stage], ends[apply]].join(" | ")} |`;

const faultNames = Object.keys(faults) as readonly FaultName[];

/** docs/rollout-faults.md: the whole matrix, state by fault. */
export function faultPage(): string {
  const onIptables = cells("iptables");
  const lines = cells("nftables").map((cell: Cell) => {
    const { moment, fault, outcome } = cell;
    const also = onIptables.some((one) => one.moment === moment && one.fault === fault);
    const on = (["nftables", ...(also ? ["iptables" as const] : [])] as const).map(
      (target) => `${target}${isInEachRun(target, cell) ? "" : "*"}`,
    );
    return tableLine([moments[moment].state, faults[fault].name, on.join(", ")], outcome);
  });
  const onMachine = Object.values<GuestRow>(guestRows).map(({ when, what, outcome, always }) =>
    tableLine([`${when}${always ? "" : "*"}`, what], outcome),
  );
  const left = faultNames.flatMap((fault) => {
    const whenByReason = new Map<string, string[]>();
    for (const moment of momentNames) {
      const outcome = matrix[moment][fault];
      if (typeof outcome !== "string") continue;
      whenByReason.set(outcome, [...(whenByReason.get(outcome) ?? []), moments[moment].state]);
    }
    return [...whenByReason].map(([why, when]) => `| ${faults[fault].name} | ${when.join("; ")} | ${why} |`);
  });
  const pair = rows.map((row) => {
    const [primary, standby] = row.stages;
    const says = row.code === 4 ? "THE PAIR IS SPLIT, and what to do" : ends[row.code];
    return `| ${[`${momentOf(row).name}${row.always ? "" : "*"}`, faultOf(row).name, primary, standby, says].join(" | ")} |`;
  });
  return `# What goes wrong, when, and what comes of it

Each line is a test: the fault is caused in a real change, from monitor to enforce, on a firewall in namespaces with a real sshd, real
rules and Modbus sessions that were open before. \`SLUICE_FAULTS=all npx vitest run test/lab/faults-nftables.test.ts
test/lab/faults-iptables.test.ts\` runs them all; \`npm test\` leaves out those marked *. iptables is tested where it may differ.

Besides what the line says, each test requires that the trial is over within its lease of ${lease} s and 5 s more; that no poll of a
permitted session is missed, except those that the fault itself costs (the router reboots, the client falls silent); that the
journal is intact and ends with how the change ended; and that \`sluice status\` names the stage.

This page is made from \`test/lab/faults/matrix.ts\`; a test compares them.

| when | what | on | the firewall is in | apply says |
|---|---|---|---|---|
${lines.join("\n")}

## On a virtual machine

A firewall in namespaces shares its clock and kernel with its host. These lines are tested on a virtual machine in its place, in
the same plant, by \`SLUICE_FAULTS=all npx vitest run test/lab/guest.test.ts\`: Debian's kernel, systemd (whose nftables.service loads
the rules before the network is up), an ext4 file system, and a clock of its own. A power failure means no shutdown: what
was written but not yet on the disk is lost too. The lease and the second dead man count time since boot, so a clock
that jumps neither ends a trial nor prolongs it; the test has \`sluice drill\` measure both while the clock jumps back and forth. While the
machine stands still, so do both, and no packet passes.

| when | what | the firewall is in | apply says |
|---|---|---|---|
${onMachine.join("\n")}

## A high-availability pair

Each line is tested on two real firewalls, first with nftables and then with iptables, in a change from monitor to enforce, by
\`SLUICE_FAULTS=all npx vitest run test/lab/pair-faults.test.ts\`; \`npm test\` leaves out iptables and the lines marked *. Each member has a cable
of its own to the engineer, which is mended after ${pairLease + 3.5} s.

Each test also requires that a trial that does not become permanent is over within its lease (primary ${pairLease} s, standby ${pairLease + 2} s) and 5 s
more, or, where only the other member cannot be reached, once a login there has gone unanswered for 15 s; that no poll through
the active member is missed; that the journal is intact; and that \`sluice status\` says how both members stand.

This table is made from \`test/lab/pair/rows.ts\`.

| when | what | the primary is in | the standby is in | apply says |
|---|---|---|---|---|
${pair.join("\n")}

## What is not tested, and why

| what | when | why |
|---|---|---|
${left.join("\n")}
`;
}
