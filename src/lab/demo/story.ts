import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { order } from "../lab.ts";
import type { LabFolder } from "../lab-folder.ts";
import { monotonicSeconds } from "../poll-log.ts";
import { decide } from "./decide.ts";
import type { Figures } from "./figures.ts";
import { forbiddenAnswers, forbiddenSession, permittedPolls } from "./measure.ts";
import { rulesetHash } from "./ruleset-hash.ts";
import { DemoError, type Running, type Terminal } from "./terminal.ts";
import { untilTrial } from "./trial-watch.ts";

/** The conduit of the story: it carries permitted sessions and the forbidden one. */
const conduit = "it-cell1";
/** The conduit's record of what no permit admits. Protocols by number: not every machine has /etc/protocols. */
const record = "nft --numeric-protocol list set inet sluice c_it_cell1_recordports4";
const recordSeconds = 10;
/** Of rulesets/lab-plant/site.yaml, in seconds. */
const lease = 10;

/** What the story measures; the rest of the figures is known without it. */
export type Measured = Omit<Figures, "schema" | "version" | "versions" | "seconds">;

/** Plays the whole story in a running lab, and measures it. Rejects with DemoError when a command ends otherwise. */
export async function playStory(folder: LabFolder, terminal: Terminal): Promise<Measured> {
  const before = await rulesetHash(terminal);
  await observe(folder, terminal);
  await decideAndProve(folder, terminal);

  terminal.heading("Monitor: nothing is dropped; what no permit admits is recorded");
  await finished(await startTrial(terminal, "monitor", "monitor.plan", "--confirm-after-soak"), 0);
  const monitor = await rulesetHash(terminal);
  const seenInMonitor = await lookAtRecord(terminal);

  terminal.heading("Enforce, and the management link is lost in the middle of the trial");
  const lost = await loseTheLink(folder, terminal);

  terminal.heading("Enforce again: confirmed from a second terminal, and persisted");
  const apply = await startTrial(terminal, "enforce", "second.plan");
  await apply.line(/soaked/);
  await terminal.engineer("sluice confirm second.plan");
  await finished(apply, 0);
  await terminal.engineer("sluice status");
  const enforce = await rulesetHash(terminal);

  terminal.heading("Rollback: one command, no plan, no approval");
  const { seconds } = await terminal.engineer("sluice rollback fw1");
  const afterRollback = await rulesetHash(terminal);
  await terminal.engineer("sluice journal verify");

  return {
    permitted: permittedPolls(folder),
    forbidden: { seenInMonitor, secondsUntilCut: lost.secondsUntilCut },
    lease: { seconds: lease, secondsUntilBack: lost.secondsUntilBack },
    rollback: { seconds },
    ruleset: { before, monitor, enforce, afterRollback },
  };
}

async function observe(folder: LabFolder, terminal: Terminal): Promise<void> {
  terminal.heading("What the plant says of itself");
  terminal.say(`Recording ${recordSeconds} s at the switch of the cell …`);
  await order(folder, { do: "record", seconds: recordSeconds, file: join(folder.site, "plant.pcap") });
  await terminal.engineer("sluice observe plant.pcap -o baseline/lab.json");
  await terminal.engineer("sluice baseline propose baseline/lab.json -o proposal.yaml");
}

async function decideAndProve(folder: LabFolder, terminal: Terminal): Promise<void> {
  terminal.heading("What a human decides, and the proof that the rules say the same");
  const { permitted, denied } = decide(join(folder.site, "site.yaml"), join(folder.site, "proposal.yaml"));
  terminal.say(
    `Eva edits site.yaml: she permits ${permitted.join(" and ")}, and denies ${denied.join(", ")}.`,
  );
  await terminal.engineer("sluice check");
  await terminal.engineer("sluice compile");
  await terminal.engineer("sluice verify");
}

/** Plans a change and has it signed by somebody else, and starts its trial. */
async function startTrial(
  terminal: Terminal,
  to: "monitor" | "enforce",
  plan: string,
  ...flags: readonly string[]
): Promise<Running> {
  const accepted = to === "enforce" ? ` --accept "coverage=a demo of seconds has no production cycles"` : "";
  await terminal.engineer(`sluice plan ${conduit} --to ${to} -o ${plan}${accepted}`);
  await terminal.engineer(`sluice approve ${plan} --identity ../keys/olaf 2>/dev/null`);
  return terminal.start(["sluice apply", plan, ...flags].join(" "));
}

async function finished({ finished }: Running, code: number): Promise<void> {
  const done = await finished;
  if (done.code !== code) throw new DemoError(`sluice apply exited with ${done.code}, not ${code}`);
}

/** True when the kernel's record names the forbidden session, which opened long before monitor came. */
async function lookAtRecord(terminal: Terminal): Promise<boolean> {
  const tuple = `10.30.1.20 . ${forbiddenSession.address} . 6 . 502`;
  const deadline = monotonicSeconds() + 5;
  while (monotonicSeconds() < deadline) {
    const line = (await terminal.console(record)).split("\n").find((text) => text.includes(tuple));
    if (line !== undefined) {
      terminal.say(`At the firewall's console, the record of ${conduit}:\n  ${line.trim()}`);
      terminal.say(
        `That is ${forbiddenSession.id}, the forbidden session. It was open before, and still runs.`,
      );
      return true;
    }
    await sleep(200);
  }
  return false;
}

async function loseTheLink(
  folder: LabFolder,
  terminal: Terminal,
): Promise<{ readonly secondsUntilCut: number; readonly secondsUntilBack: number }> {
  const apply = await startTrial(terminal, "enforce", "first.plan");
  const armed = await untilTrial(terminal, "runs", 60);
  // Seven periods without an answer are not a late one.
  await sleep(1500);
  const secondsUntilCut = Math.max(0, Math.max(...forbiddenAnswers(folder)) - armed.after);

  terminal.say("The management cable is pulled: packets vanish, and nobody is told.");
  const cut = monotonicSeconds();
  await order(folder, { do: "cut-link" });
  const back = await untilTrial(terminal, "is over", 3 * lease);
  terminal.say("(The lease ended in the firewall's kernel. No packet meets the trial any more.)");
  await order(folder, { do: "mend-link" });
  terminal.say("The cable is back.");
  await finished(apply, 3);
  await untilForbiddenAnswer(folder, back.after);
  terminal.say(`(${forbiddenSession.id} has answers again: monitor is what remained.)`);
  return { secondsUntilCut, secondsUntilBack: back.before - cut };
}

/** TCP asks again ever more seldom (RFC 6298), so that a session that was cut may need as long again to come back. */
async function untilForbiddenAnswer(folder: LabFolder, after: number): Promise<void> {
  const deadline = monotonicSeconds() + 4 * lease;
  while (Math.max(...forbiddenAnswers(folder)) < after) {
    if (monotonicSeconds() > deadline)
      throw new DemoError(`${forbiddenSession.id} did not come back in monitor`);
    await sleep(100);
  }
}
