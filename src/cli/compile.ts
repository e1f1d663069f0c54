import { mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, relative } from "node:path";
import { buildCommand } from "@stricli/core";
import { printableJson } from "../diagnostics/printable.ts";
import { mayBeWritten } from "../verify/claims/claim.ts";
import { type Compilation, compileConduit } from "../verify/compile.ts";
import { frameFaults, frameText } from "../verify/frame.ts";
import { CommandError, type Context } from "./context.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { compilationDocument } from "./documents/rulesets.ts";
import { writeFileAtomic } from "./files.ts";
import { type PlannedFrame, plannedFrames } from "./frames.ts";
import { type PlannedRuleset, plannedRulesets, proofBudget, rulesetFolder } from "./rulesets.ts";
import { type LoadedSite, loadSite, siteFlag } from "./site-file.ts";
import { claimJson, claimsText, renderOnce } from "./views/claims.ts";

interface Flags {
  readonly site?: string;
  readonly output?: string;
  readonly baseline?: string;
  readonly json: boolean;
}

interface Result extends PlannedRuleset {
  readonly compilation: Compilation;
}

export const compileCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief: "Compiles conduits into rulesets, one for each firewall and stage, and proves what they mean",
    fullDescription:
      "Writes <folder>/<firewall>/<conduit>.<stage>.nft (or the target's own extension) and its certificate. A ruleset " +
      "is written when its claims are proved (the one about observed flows stays open without a baseline). One that is " +
      "not proved is not written, and an older file of its name is removed: what lies in the folder is what the site " +
      "file says. Beside them stands frame.nft, what all rulesets of a firewall have in common.",
  },
  parameters: {
    flags: {
      site: siteFlag,
      output: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FOLDER",
        brief: "Folder for the rulesets (default: compiled/ beside the site file)",
      },
      baseline: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Baseline whose flows must pass (default: the evidence that the permits name)",
      },
      json: jsonFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "array",
      parameter: {
        parse: String,
        placeholder: "CONDUIT",
        brief: "Conduits to compile (default: all of the site)",
      },
    },
  },
  func({ site, output, baseline, json }, ...conduits) {
    const loaded = loadSite(this, site);
    const folder = rulesetFolder(this, loaded, output);
    const results = plannedRulesets(this, loaded, conduits, baseline, folder).map(
      (planned): Result => ({ ...planned, compilation: compileConduit(planned.order) }),
    );
    if (results.length === 0)
      throw new CommandError("the site has no conduit with a firewall to compile for");
    const removed = results.flatMap(store);
    const frames = plannedFrames(results);
    frames.forEach(storeFrame);
    this.process.stderr.write(report(loaded, results));
    if (json) printDocument(this, compilationDocument, asDocument(results, frames));
    else this.process.stdout.write(asText(results, frames, this.cwd));
    for (const file of removed) {
      this.process.stderr.write(`removed ${relative(this.cwd, file)}: it was of an older site file\n`);
    }
    const open = results.filter((result) => !isProven(result)).length;
    if (open > 0)
      throw new CommandError(`${open} of ${results.length} rulesets are not proved and were not written`);
  },
});

const isProven = ({ compilation: { ruleset } }: Result): boolean =>
  ruleset !== undefined && mayBeWritten(ruleset.claims);

/** Writes what is proved; removes what has the name of something that is not. Returns the files that it removed. */
function store(result: Result): readonly string[] {
  const { file, certificate, compilation } = result;
  if (!compilation.ruleset || !isProven(result)) {
    const old = [file, certificate].filter((path) => statSync(path, { throwIfNoEntry: false }));
    for (const path of old) rmSync(path);
    return old;
  }
  mkdirSync(dirname(file), { recursive: true });
  // The certificate first: where the disk is full between the two, no text stands there without its proof.
  writeFileAtomic(
    certificate,
    printableJson(`${JSON.stringify(compilation.ruleset.certificate, null, 2)}\n`),
  );
  writeFileAtomic(file, compilation.ruleset.text);
  return [];
}

/** @throws {Error} when the frame alone would touch a packet: no site file can be the reason for that. */
function storeFrame({ target, firewall, file }: PlannedFrame): void {
  const text = frameText(target, firewall);
  const [fault] = frameFaults(target, text, file, proofBudget());
  if (fault) throw new Error(fault.message);
  mkdirSync(dirname(file), { recursive: true });
  writeFileAtomic(file, text);
}

const report = (loaded: LoadedSite, results: readonly Result[]): string =>
  renderOnce(
    results.map(({ compilation: { ruleset, diagnostics }, file }) => ({
      diagnostics,
      source: (name: string) => (file.endsWith(`/${name}`) ? ruleset?.text : loaded.text),
    })),
  );

const asText = (results: readonly Result[], frames: readonly PlannedFrame[], cwd: string): string =>
  [
    ...results.map((result) => {
      const claims = result.compilation.ruleset?.claims;
      const state = isProven(result) ? "wrote" : "not written:";
      return `${state} ${relative(cwd, result.file)}  (${claims ? claimsText(claims) : "no ruleset"})\n`;
    }),
    ...frames.map(({ file }) => `wrote ${relative(cwd, file)}  (without a conduit: every packet passes)\n`),
  ].join("");

const asDocument = (results: readonly Result[], frames: readonly PlannedFrame[]) => ({
  rulesets: results.map((result) => ({
    firewall: result.order.firewall,
    conduit: result.order.conduit.id,
    stage: result.order.stage,
    file: result.file,
    written: isProven(result),
    claims: result.compilation.ruleset?.claims.map(claimJson) ?? [],
    diagnostics: result.compilation.diagnostics,
  })),
  frames: frames.map(({ firewall, file }) => ({ firewall, file })),
});
