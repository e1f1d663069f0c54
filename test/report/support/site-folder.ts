import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "../../../src/cli/context.ts";
import { whoActs } from "../../../src/cli/rollout/actor.ts";
import { appendJournal } from "../../../src/cli/rollout/journal-file.ts";
import { sealJournal } from "../../../src/cli/rollout/journal-seal.ts";
import { archivePlan } from "../../../src/cli/rollout/plan-archive.ts";
import { loadPlan } from "../../../src/cli/rollout/plan-files.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { writePlan } from "../../../src/plan/plan-file.ts";
import type { JournalContent } from "../../../src/rollout/journal.ts";
import { sluice } from "../../support/command.ts";
import { planDocument, site, siteText } from "./fixture.ts";

/** A site folder as it is after one change: keys of real people, an approved plan, a journal with a signed end. */
export interface SiteFolder {
  readonly folder: string;
  readonly plan: Plan;
  /** Writes more of the journal, and signs its end as eva. */
  journal(contents: readonly JournalContent[]): Promise<void>;
  remove(): void;
}

const people = ["EVA", "OLAF", "RITA"] as const;

export async function siteFolder(): Promise<SiteFolder> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-site-"));
  const keys = Object.fromEntries(people.map((person) => [person, newKey(folder, person.toLowerCase())]));
  const text = siteText(keys);
  writeFileSync(join(folder, "site.yaml"), text);
  writeFileSync(join(folder, "pumps.plan.json"), writePlan(planDocument({ site: text })));
  for (const person of ["olaf", "rita"]) {
    const { code, stderr } = await sluice(folder, ["approve", "pumps.plan.json", "--identity", person]);
    if (code !== 0) throw new Error(stderr);
  }
  const context = { process, cwd: folder, now: () => new Date("2026-11-22T02:00:00Z") } as unknown as Context;
  const plan = loadPlan(context, "pumps.plan.json");
  archivePlan(context, folder, "pumps.plan.json", plan);
  const eva = whoActs(context, "eva", site(text).people);
  const journal = async (contents: readonly JournalContent[]): Promise<void> => {
    await appendJournal(folder, contents);
    await sealJournal(context, folder, eva, undefined);
  };
  await journal(changeEntries(plan));
  return { folder, plan, journal, remove: () => rmSync(folder, { recursive: true }) };
}

function newKey(folder: string, name: string): string {
  const file = join(folder, name);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file]);
  return readFileSync(`${file}.pub`, "utf8").trim();
}

/** What `sluice apply` and `sluice confirm` write about a change that goes well. */
export function changeEntries(
  plan: Pick<Plan, "id" | "conduit" | "firewall" | "from" | "to">,
): readonly JournalContent[] {
  const about = { actor: "eva", plan: plan.id, firewall: plan.firewall.id, conduit: plan.conduit };
  const at = (minute: number): string => new Date(Date.UTC(2026, 10, 22, 2, minute)).toISOString();
  return [
    {
      ...about,
      time: at(1),
      action: "approved",
      details: { by: ["olaf", "rita"], author: "eva", from: plan.from, to: plan.to },
    },
    { ...about, time: at(2), action: "preflight" },
    {
      ...about,
      time: at(2),
      action: "drilled",
      details: { firings: [{ by: "kernel", due: 2, seconds: 2.1 }] },
    },
    { ...about, time: at(3), action: "used", details: { plan: plan.id } },
    { ...about, time: at(3), action: "trial", details: { at: 1, leaseEnds: 121, endsBy: 3600, good: 0 } },
    { ...about, time: at(4), action: "soak" },
    { ...about, time: at(14), action: "soaked" },
    { ...about, time: at(15), action: "confirmed", details: { by: "us" } },
    { ...about, time: at(15), action: "persisted" },
    { ...about, time: at(15), action: "done" },
  ];
}
