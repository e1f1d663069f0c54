import {
  type Effect,
  type Event,
  isFinal,
  isRunning,
  type Settings,
  type State,
  step,
} from "../../src/rollout/trial/machine.ts";

/** What each state means, in the order of a change; a state without a line here does not compile. */
const meanings: Readonly<Record<State["kind"], string>> = {
  approved: "The plan has its signatures; nothing has been asked of the firewall.",
  preflight: "The firewall is compared with the plan, its lock is taken, the dead men are rehearsed.",
  drilled: "Every dead man fired in time.",
  guarded: "The second dead man waits on the firewall. From here on something may change there.",
  trial: "Armed; the criteria have not all spoken yet.",
  soak: "All criteria hold, and the time in which they do counts.",
  held: "A criterion asks to wait: the lease is renewed and the soak is paused.",
  soaked: "The soak is over: a confirm is accepted.",
  confirming: "The trial is made permanent, over a fresh connection.",
  confirmed: "Permanent in the running firewall; the boot file is written.",
  persisted: "A reboot would load it; it is kept as a known-good.",
  done: "Confirmed, proven and persisted.",
  refused: "Nothing was changed; the reasons say what to do.",
  reverting:
    "The trial is being ended on the firewall. Even if the order does not arrive, its lease ends it.",
  reverted: "What runs now is being read from the firewall, over a fresh connection if need be.",
  "verified-back": "Read from the firewall: the previous stage is what runs.",
  "revert-unproven": "The firewall could not be read, or is in neither stage: a human must look.",
  "confirmed-not-persisted":
    "What runs was confirmed, and not all of it is written there: a reboot may not load it.",
};
const kinds = Object.keys(meanings) as readonly State["kind"][];

/** What a plan is before `sluice apply` reads it: these states are files, and the reducer never sees them. */
const before = [
  [
    "draft",
    "The site file has a conduit for which no plan has been made.",
    "`sluice plan` makes a plan → planned",
  ],
  [
    "planned",
    "A plan file, named by the hash of its content. It is never edited: changed content makes another plan.",
    "`sluice approve` adds a signature → approved when there are enough; the site file changes → draft; used once → draft",
  ],
] as const;

const running = { at: 0, leaseEnds: 10, endsBy: 100, limit: "", good: 0 };
/** One of each kind, in the middle of its life. */
const states: Readonly<Record<State["kind"], State>> = {
  approved: { kind: "approved" },
  preflight: { kind: "preflight" },
  drilled: { kind: "drilled", firings: [] },
  guarded: { kind: "guarded" },
  trial: { kind: "trial", ...running },
  soak: { kind: "soak", ...running },
  held: { kind: "held", reason: "", ...running },
  soaked: { kind: "soaked", ...running, good: 20 },
  confirming: { kind: "confirming", leaseEnds: 10 },
  confirmed: { kind: "confirmed", by: "us" },
  persisted: { kind: "persisted" },
  done: { kind: "done" },
  refused: { kind: "refused", reasons: [] },
  reverting: { kind: "reverting", cause: "", leaseEnds: 10 },
  reverted: { kind: "reverted", cause: "", leaseEnds: 10 },
  "verified-back": { kind: "verified-back", cause: "" },
  "revert-unproven": { kind: "revert-unproven", cause: "", reason: "" },
  "confirmed-not-persisted": { kind: "confirmed-not-persisted", reason: "" },
};

/** Every event in every way in which the reducer can tell it apart, in words. */
const events: readonly (readonly [string, Event])[] = [
  ["start", { kind: "start" }],
  ["checked: no problem", { kind: "checked", problems: [] }],
  ["checked: problems", { kind: "checked", problems: ["x"] }],
  ["drilled: all in time", { kind: "drilled", firings: [], problems: [] }],
  ["drilled: one not in time", { kind: "drilled", firings: [], problems: ["x"] }],
  ["guarded", { kind: "guarded" }],
  ["armed", { kind: "armed", at: 1, endsBy: 100, limit: "" }],
  ["time for a renewal", { kind: "tick", at: 1 }],
  ["the trial's time is over", { kind: "tick", at: 100 }],
  ["measured: all hold, soak not over", { kind: "measured", at: 1, verdict: "holds", reason: "" }],
  ["measured: all hold, soak over", { kind: "measured", at: 30, verdict: "holds", reason: "" }],
  ["measured: one asks to wait", { kind: "measured", at: 1, verdict: "waits", reason: "" }],
  ["measured: one tripped", { kind: "measured", at: 1, verdict: "tripped", reason: "" }],
  ["lease held", { kind: "lease", answer: "held", at: 1 }],
  ["lease expired", { kind: "lease", answer: "expired", at: 1 }],
  ["confirmed on the firewall", { kind: "lease", answer: "confirmed", at: 1 }],
  ["changed by somebody else", { kind: "lease", answer: "foreign", at: 1 }],
  ["second dead man gone", { kind: "lease", answer: "unguarded", at: 1 }],
  ["confirm refused", { kind: "confirm-refused", reasons: ["x"] }],
  ["disarmed", { kind: "disarmed" }],
  ["found: previous stage", { kind: "found", what: "back", reason: "" }],
  ["found: confirmed", { kind: "found", what: "confirmed", reason: "" }],
  ["found: something else", { kind: "found", what: "other", reason: "" }],
  ["found: not reachable", { kind: "found", what: "unreachable", reason: "" }],
  ["persisted", { kind: "persisted" }],
  ["not persisted", { kind: "not-persisted", reason: "" }],
  ["kept", { kind: "kept" }],
  ["abort", { kind: "abort", reason: "" }],
  ["wire broken, or step refused", { kind: "failed", at: 1, reason: "" }],
];

export const settingsOf = (confirm: Settings["confirm"]): Settings => ({ lease: 10, soak: 20, confirm });

interface Transition {
  readonly to: State["kind"];
  readonly effect: Effect["kind"] | undefined;
}

/** Each outcome once, with the events that lead to it. */
function transitions(from: State, settings: Settings): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [words, event] of events) {
    const { state, effect } = step(from, event, settings);
    if (state.kind === from.kind && effect === undefined && !words.startsWith("measured")) continue;
    const outcome = outcomeText({ to: state.kind, effect: effect?.kind }, from.kind);
    if (outcome !== "") found.set(outcome, [...(found.get(outcome) ?? []), words]);
  }
  return found;
}

const outcomeText = ({ to, effect }: Transition, from: State["kind"]): string =>
  [...(to === from ? [] : [`→ ${to}`]), ...(effect === undefined ? [] : [`asks: ${effect}`])].join(", ");

function rows(kind: State["kind"]): readonly string[] {
  if (isFinal(states[kind])) return [`| **${kind}** | ${meanings[kind]} | an end | |`];
  const [manual, alone] = (["by-another", "after-soak"] as const).map((confirm) =>
    transitions(states[kind], settingsOf(confirm)),
  );
  const lines = [...new Set([...manual!.keys(), ...alone!.keys()])].flatMap((outcome) => {
    const [a, b] = [manual!.get(outcome)?.join("; "), alone!.get(outcome)?.join("; ")];
    if (a === b) return [[a!, outcome]];
    return [
      ...(a === undefined ? [] : [[`${a} (another session confirms)`, outcome]]),
      ...(b === undefined ? [] : [[`${b} (with --confirm-after-soak)`, outcome]]),
    ];
  });
  return lines.map(([event, outcome], index) =>
    index === 0
      ? `| **${kind}** | ${meanings[kind]} | ${event} | ${outcome} |`
      : `| | | ${event} | ${outcome} |`,
  );
}

/** The states of a change as a page, from the reducer itself. */
export const statePage = (): string => `# A change, state by state

Made from \`src/rollout/trial/machine.ts\` by \`npx vitest run test/rollout/state-table.test.ts --update\`; a test compares them.
An event that is not listed changes nothing in that state. \`asks\` names the one thing that the runner does next.

| state | means | when | then |
|---|---|---|---|
${before.map(([name, means, then]) => `| **${name}** | ${means} | | ${then} |`).join("\n")}
${kinds.flatMap(rows).join("\n")}

In no state does anybody have to act for a trial to end: the lease in the kernel and the second dead man end it. Packets meet the
rules of a trial in these states: ${kinds.filter((kind) => isRunning(states[kind])).join(", ")}.
`;
