import { mkdtempSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { brokenPromises, type Figures, renderFigures } from "./demo/figures.ts";
import { playStory } from "./demo/story.ts";
import { DemoError, openTerminal } from "./demo/terminal.ts";
import { openLabFolder, startLab, stopLab } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import type { LabFolder } from "./lab-folder.ts";
import { monotonicSeconds } from "./poll-log.ts";

// `npm run demo [-- --json]`: Sluice's main job, done on real traffic, on a real Linux firewall, over real SSH.
const { values: flags } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const story = flags.json ? process.stderr : process.stdout;

async function demo(folder: LabFolder): Promise<void> {
  const started = monotonicSeconds();
  story.write("Starting a small plant in network namespaces: two PLCs, their clients, and a firewall …\n");
  await startLab(folder, { decisions: "open", life: "caller", target: "nftables" });
  const terminal = openTerminal(folder, (line) => story.write(`${line}\n`));
  const { stdout: sluice } = await terminal.engineer("sluice --version");
  const measured = await playStory(folder, terminal);
  const figures: Figures = {
    schema: "sluice/demo",
    version: 1,
    versions: {
      sluice,
      node: process.versions.node,
      kernel: release(),
      nft: (await terminal.console("nft --version")).trim(),
    },
    ...measured,
    seconds: monotonicSeconds() - started,
  };
  terminal.heading("Measured");
  story.write(`${renderFigures(figures)}\n`);
  if (flags.json) process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
  const broken = brokenPromises(figures);
  if (broken.length > 0) throw new DemoError(broken.join("; "));
}

const folder = openLabFolder(tmpdir(), mkdtempSync(join(tmpdir(), "sluice-demo-")));

/** Whatever ends the demo, once: success, a broken promise, a crash or Ctrl-C. */
let ending = false;
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  await stopLab(folder);
  process.exit(code);
}

function explain(error: unknown): number {
  const known = error instanceof DemoError || error instanceof LabError;
  // What a lab that is being ended breaks is no news.
  if (!ending) process.stderr.write(`\ndemo: ${known ? error.message : (error as Error).stack}\n`);
  return 1;
}

const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
for (const [signal, code] of Object.entries(signals)) process.on(signal, () => void end(code));
await end(await demo(folder).then(() => 0, explain));
