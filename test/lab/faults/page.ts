import { type GuestRow, guestRows } from "../guest/rows.ts";
import { lease as pairLease } from "../pair/play.ts";
import { faultOf, momentOf, rows } from "../pair/rows.ts";
import { faults } from "./faults.ts";
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
  const left = momentNames.map((moment) => {
    const reasons = Object.entries(matrix[moment]).flatMap(([fault, outcome]) =>
      typeof outcome === "string" ? [`${faults[fault as keyof typeof faults].name}: ${outcome}`] : [],
    );
    return `| ${moments[moment].state} | ${reasons.join("; ")} |`;
  });
  const pair = rows.map((row) => {
    const [primary, standby] = row.stages;
    const says = row.code === 4 ? "THE PAIR IS SPLIT, and what to do" : ends[row.code];
    return `| ${[`${momentOf(row).name}${row.always ? "" : "*"}`, faultOf(row).name, primary, standby, says].join(" | ")} |`;
  });
  return `# What goes wrong, when, and what comes of it

Each line is done to a real rollout by \`SLUICE_FAULTS=all npx vitest run test/lab/faults-nftables.test.ts
test/lab/faults-iptables.test.ts\`; without \`SLUICE_FAULTS\`, as in \`npm test\`, those with * are left out. Real sshd, real rules, Modbus sessions that were open before. Each must end as it says here: the trial is over within its lease
of ${lease} s and 5 s more, no poll of a permitted session is missed (but for those that the fault itself costs: a reboot of the
router, a client that falls silent), the journal is whole and its last word is the end, and \`sluice status\` names the stage. On
iptables the same is tried where it may differ. Made from \`test/lab/faults/matrix.ts\`; a test compares them.

| when | what | on | the firewall is in | apply says |
|---|---|---|---|---|
${lines.join("\n")}

## On a machine of its own

The lines above are done to a firewall in namespaces, which has the clock and the kernel of its host. These are done by
\`SLUICE_FAULTS=all npx vitest run test/lab/guest.test.ts\` to a virtual machine in its place, in the same plant: Debian's kernel
and systemd, which loads the rules by nftables.service before the network is up, an ext4 file system, and a clock of its own. Power
fails without any shutdown: what was in memory is lost, also what was written and not yet on the disk. Leases and the second dead
man are kept by the time since boot, so that a clock that jumps neither ends a trial nor keeps it alive (the test has \`sluice
drill\` measure each of them while it jumps to and fro); while the machine stands still, so do both, and no packet passes.

| when | what | the firewall is in | apply says |
|---|---|---|---|
${onMachine.join("\n")}

## What is not tried, and why

| when | what |
|---|---|
${left.join("\n")}

## A high-availability pair

Each line is done to a real change of two real firewalls of nftables, and then of iptables, from monitor to enforce, by \`SLUICE_FAULTS=all npx vitest run
test/lab/pair-faults.test.ts\`; those with *, and iptables, are left out by \`npm test\`. Each cable between the engineer and a member is one of its
own, and comes back ${pairLease + 3.5} s later. Each trial that does not become permanent is over within its lease (of the primary ${pairLease} s, of the standby ${pairLease + 2} s)
and 5 s more (where its own wire is whole, when a login to the other that nobody answers is given up, after 15 s), no poll over the active member is missed, the journal is whole, and \`sluice status\` says how the two stand. Made
from \`test/lab/pair/rows.ts\`.

| when | what | the primary is in | the standby is in | apply says |
|---|---|---|---|---|
${pair.join("\n")}
`;
}
