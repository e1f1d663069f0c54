import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Baseline, BaselineFlow } from "../../../src/baseline/flow.ts";
import { lowerConduit } from "../../../src/compile/lower.ts";
import { sha256 } from "../../../src/digest.ts";
import { type ApprovalStatus, approvalOf } from "../../../src/plan/approval.ts";
import type { Plan, PlanDocument } from "../../../src/plan/plan.ts";
import { readPlan, sealPlan, writePlan } from "../../../src/plan/plan-file.ts";
import { reviewFacts } from "../../../src/plan/review-facts.ts";
import { firewallRulesDocument } from "../../../src/plan/rules-document.ts";
import { watchOf } from "../../../src/plan/watch.ts";
import type { Site } from "../../../src/policy/model.ts";
import { readSite } from "../../../src/policy/read.ts";
import {
  emptyHead,
  type JournalContent,
  type JournalEntry,
  journalLine,
} from "../../../src/rollout/journal.ts";
import { compileConduit } from "../../../src/verify/compile.ts";
import { targetDefaults } from "../../../targets/defaults.ts";
import { targets } from "../../../targets/index.ts";

/** Keys of nobody: their private halves were thrown away. */
const keys: Readonly<Record<string, string>> = {
  EVA: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKXhhNwgE0QfPfInykRLfbODhjQ98dX6BVMKyYgS6up/ eva",
  OLAF: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJP/iHs6uFeo9z3HEgOMDw5KQo5/V4U3CfuEzX99xfmv olaf",
  RITA: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGI9NMskBXVPQJQXk2lTA5aVs4P17eGVGi/6R1hxpvp3 rita",
  HOST: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPpN7j3G8bYpQ3zRQy3T1k0h8hS1k7nq0y3b8u2Wv5cD host",
};

/** The text of the site, with keys of one's own where they are given. */
export const siteText = (own: Readonly<Record<string, string>> = {}): string =>
  readFileSync(join(import.meta.dirname, "site.yaml"), "utf8").replace(
    /"(EVA|OLAF|RITA|HOST)"/g,
    (_, name: string) => `"${own[name] ?? keys[name]}"`,
  );

export function site(text: string = siteText()): Site {
  const { value, diagnostics } = readSite(text, "site.yaml", targetDefaults);
  if (!value) throw new Error(JSON.stringify(diagnostics));
  return value;
}

/** The quarter of an hour in which a time lies. */
const slot = (time: string): number => Math.floor(Date.parse(time) / 900_000);

const flow = (
  initiator: string,
  responder: string,
  port: number,
  more: Partial<BaselineFlow> = {},
): BaselineFlow => ({
  family: 4,
  initiator,
  responder,
  protocol: 6,
  port,
  connections: 12,
  packets: 3400,
  bytes: 280_000,
  firstSeen: "2026-11-01T04:10:00.000Z",
  lastSeen: "2026-11-14T22:31:07.000Z",
  evidence: "syn",
  confidence: 1,
  answered: true,
  presence: [[slot(more.firstSeen ?? "2026-11-01T04:10:00.000Z"), slot("2026-11-14T22:31:07.000Z")]],
  cadence: { kind: "periodic", period: 1, jitter: 0.02, silenceDeadline: 4.5, samples: 3000 },
  ...more,
});

/** A fortnight at the water works; `more` flows are added. */
export const baseline = (more: readonly BaselineFlow[] = []): Baseline => ({
  schema: "sluice/baseline",
  version: 1,
  sources: [
    {
      name: "span-port-week-45.pcapng",
      format: "pcapng",
      sha256: "5f".repeat(32),
      firstSeen: "2026-11-01T00:00:00.000Z",
      lastSeen: "2026-11-14T23:59:59.000Z",
      accounting: { unit: "packets", read: 1_204_331, used: 1_204_019, ignored: { ARP: 312 }, rejected: {} },
    },
  ],
  flows: [
    flow("10.20.0.5", "10.10.1.10", 502),
    flow("10.20.0.5", "10.10.1.11", 502),
    flow("10.20.0.6", "10.10.1.10", 502),
    flow("10.20.0.5", "10.10.1.40", 44_818),
    flow("10.20.0.6", "10.10.1.10", 80, { connections: 3, lastSeen: "2026-11-03T09:12:44.000Z" }),
    flow("10.20.0.5", "10.10.1.11", 80, {
      ...{ connections: 1, firstSeen: "2026-11-04T13:40:00.000Z", lastSeen: "2026-11-09T13:40:01.000Z" },
    }),
    flow("10.20.0.6", "10.10.1.40", 23, { connections: 4, answered: false }),
    flow("10.30.0.5", "10.20.0.5", 4840),
    ...more,
  ],
});

/** More flows of the same conduit, all permitted or none of them. */
export const manyFlows = (number: number): readonly BaselineFlow[] =>
  Array.from({ length: number }, (_, index) =>
    flow(`10.20.0.${10 + (index % 200)}`, `10.10.1.${10 + Math.floor(index / 200)}`, 20_000 + (index % 7), {
      answered: false,
    }),
  );

/** What is said of a plan: which conduit to which stage, and from what. */
export interface Wanted {
  readonly conduit?: string;
  readonly to?: "monitor" | "enforce";
  /** Stage of the conduit on the firewall now, with these permits of it; none: nothing of Sluice is there. */
  readonly from?: { readonly stage: "monitor" | "enforce"; readonly permits: readonly string[] };
  readonly baseline?: Baseline;
  readonly site?: string;
}

/** A plan as `sluice plan` makes it, of the water works. */
export function plan(wanted: Wanted = {}): Plan {
  const { value, diagnostics } = readPlan(writePlan(planDocument(wanted)), "plan.json");
  if (!value) throw new Error(JSON.stringify(diagnostics));
  return value;
}

export function planDocument(wanted: Wanted = {}): PlanDocument {
  const text = wanted.site ?? siteText();
  const plant = site(text);
  const conduit = plant.conduits.find(({ id }) => id === (wanted.conduit ?? "scada-pumps"))!;
  const firewall = plant.firewalls[0]!;
  const target = targets.get(firewall.target)!;
  const to = wanted.to ?? "enforce";
  const observed = wanted.baseline ?? baseline();
  const budget = { nodes: 5_000_000, outOfTime: () => false };
  const order = {
    site: plant,
    conduit,
    firewall: firewall.id,
    stage: to,
    target,
    baseline: observed,
    budget,
  };
  const { ruleset, diagnostics } = compileConduit(order);
  if (!ruleset) throw new Error(JSON.stringify(diagnostics));
  const from = wanted.from ?? { stage: "monitor", permits: conduit.permits.map(({ id }) => id) };
  const lowered = lowerConduit(plant, conduit, from.stage).value!;
  const before = {
    ...lowered,
    permits: lowered.permits.filter(({ permit }) => from.permits.includes(permit)),
  };
  const boot = { firewall: firewall.id, conduits: [ruleset.rules] };
  const bootText = target.emit(boot);
  const verdict = from.stage === "monitor" ? "narrowed" : "both";
  const file = "scada-pumps.plan.json";
  return sealPlan({
    author: "eva",
    created: "2026-11-20T14:05:00.000Z",
    site: { name: plant.name, file: "site.yaml", sha256: sha256(text), text },
    conduit: conduit.id,
    firewall: {
      id: firewall.id,
      target: firewall.target,
      address: firewall.address,
      ssh: { user: "root", port: 22, hostKeys: [...firewall.ssh.hostKeys], privilege: "login" },
      bootFile: firewall.bootFile,
      bootEntry: firewall.bootEntry,
    },
    from: from.stage,
    to,
    difference: {
      verdict,
      lost: "tcp 10.20.0.6:40000 -> 10.10.1.10:80",
      ...(from.stage === "enforce" && { gained: "tcp 10.20.0.5:40000 -> 10.10.1.40:44818" }),
    },
    compiled: { text: ruleset.text, sha256: sha256(ruleset.text) },
    boot: { text: bootText, sha256: sha256(bootText), rules: firewallRulesDocument(boot) },
    expected: { rulesHash: sha256("rules"), ownHash: sha256("own") },
    certificate: JSON.parse(JSON.stringify(ruleset.certificate)),
    baseline: { name: "week.json", sha256: sha256(JSON.stringify(observed)) },
    watch: watchOf(conduit, ruleset.rules, observed),
    base: {
      ...{ own: "", ownHash: sha256("before"), foreign: "", foreignHash: sha256("") },
      boot: target.emit({ firewall: firewall.id, conduits: [before] }),
      kernel: "6.1.0-28-amd64",
      version: "1.0.6",
    },
    window: {
      id: "night",
      timezone: plant.timezone,
      days: ["sat", "sun"],
      ...{ from: "02:00", to: "04:00" },
    },
    criteria: plant.criteria.map(({ span: _, ...rule }) => rule),
    trial: plant.trial,
    people: plant.people.map(({ id, name, roles, keys }) => ({
      id,
      name,
      roles: [...roles],
      keys: [...keys],
    })),
    mayApply: ["operator", "engineer"],
    approval: approvalOf(plant.approvals, to, verdict, new Date("2026-11-20T14:05:00.000Z")),
    undo: {
      deadMan: "the kernel of the firewall ends the trial by itself 120 s after the last renewal",
      abort: 'Ctrl-C in the session of the trial, or "sluice abort fw1" from anywhere',
      reboot: "a reboot during the trial loads the boot file, which holds what was confirmed before",
      console: ["nft -f /var/lib/sluice/known-good/0002.rules"],
    },
    commands: [
      `sluice approve ${file}`,
      `sluice apply ${file}`,
      `sluice confirm ${file}`,
      "sluice abort fw1",
      "sluice rollback fw1",
    ],
    review: reviewFacts({ site: plant, conduit, firewall: firewall.id, to, before, baseline: observed }),
  });
}

export const noApproval: ApprovalStatus = { accepted: [], rejected: [], open: [], missing: 2 };

/** Contents as a journal holds them. */
export function journal(contents: readonly JournalContent[]): readonly JournalEntry[] {
  let head = emptyHead;
  return contents.map((content) => {
    const { line, ...entry } = journalLine(head, content);
    head = entry;
    return entry;
  });
}

/** What the report of the water works is made from. */
export const reportedSite = (entries: readonly JournalEntry[]) => ({
  site: site(),
  journal: entries,
  evidence: { baselines: [baseline()], missing: [] },
  unproven: new Set<string>(),
});
