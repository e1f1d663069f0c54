import { readFileSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { sha256 } from "../digest.ts";
import { type ClaimResult, mayBeWritten } from "../verify/claims/claim.ts";
import { verifyText } from "../verify/compile.ts";
import { frameFaults } from "../verify/frame.ts";
import { CommandError, type Context } from "./context.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { verificationDocument } from "./documents/rulesets.ts";
import { type PlannedFrame, plannedFrames } from "./frames.ts";
import { fileOfPlace, type PlannedRuleset, plannedRulesets, proofBudget, rulesetFolder } from "./rulesets.ts";
import { loadSite, siteFlag } from "./site-file.ts";
import { claimJson, claimsText, renderOnce } from "./views/claims.ts";

interface Flags {
  readonly site?: string;
  readonly folder?: string;
  readonly baseline?: string;
  readonly json: boolean;
}

interface Result {
  readonly path: string;
  /** Empty when there is no such file. */
  readonly text: string;
  readonly isProven: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly claims: readonly ClaimResult[];
  /** The certificate beside the file is of other bytes; a frame has none. */
  readonly certificate?: "fits" | "of other bytes" | "absent";
}

export const verifyCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief: "Proves ruleset files against the site file, as they are now",
    fullDescription:
      "A file is known by its place, <firewall>/<conduit>.<stage>.nft or <firewall>/frame.nft. Without FILE every file " +
      "that the site has must be there.",
  },
  parameters: {
    flags: {
      site: siteFlag,
      folder: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FOLDER",
        brief: "Folder of the rulesets (default: compiled/ beside the site file)",
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
    positional: { kind: "array", parameter: { parse: String, placeholder: "FILE", brief: "Ruleset files" } },
  },
  func({ site, folder, baseline, json }, ...files) {
    const loaded = loadSite(this, site);
    const rulesets = plannedRulesets(this, loaded, [], baseline, rulesetFolder(this, loaded, folder));
    const planned = [...rulesets, ...plannedFrames(rulesets)];
    const results = files.length
      ? files
          .map((file) => resolve(this.cwd, file))
          .map((path) => verifyFile(fileOfPlace(planned, path), path))
      : planned.map((one) => verifyFile(one, one.file));
    const remarks = results.map(({ diagnostics, path, text }) => ({
      diagnostics,
      source: (file: string) => (file === path ? text : loaded.text),
    }));
    this.process.stderr.write(renderOnce(remarks));
    if (json) printDocument(this, verificationDocument, asDocument(results));
    else this.process.stdout.write(asText(results, this.cwd));
    const open = results.filter(({ isProven }) => !isProven).length;
    if (open > 0)
      throw new CommandError(`${open} of ${results.length} files are not what the site file says`);
  },
});

function verifyFile(planned: PlannedRuleset | PlannedFrame, path: string): Result {
  const text = readIfThere(path);
  if (text === undefined) return absent(planned, path);
  return "order" in planned ? verifyRuleset(planned, path, text) : verifyFrame(planned, path, text);
}

function verifyRuleset({ order }: PlannedRuleset, path: string, text: string): Result {
  const { ruleset, diagnostics } = verifyText(order, text, path);
  const beside = readIfThere(path.slice(0, -order.target.extension.length).concat(".certificate.json"));
  const fits = beside?.includes(`"${sha256(text)}"`);
  const certificate = fits === undefined ? "absent" : fits ? "fits" : "of other bytes";
  const claims = ruleset?.claims ?? [];
  const isProven = mayBeWritten(claims) && certificate !== "of other bytes";
  return { path, text, isProven, diagnostics, claims, certificate };
}

function verifyFrame({ target }: PlannedFrame, path: string, text: string): Result {
  const diagnostics = frameFaults(target, text, path, proofBudget());
  return { path, text, isProven: diagnostics.length === 0, diagnostics, claims: [] };
}

function absent(planned: PlannedRuleset | PlannedFrame, path: string): Result {
  const fix = `write it with "sluice compile${"order" in planned ? ` ${planned.order.conduit.id}` : ""}"`;
  const message = `${path} does not exist`;
  return {
    ...{ path, text: "", isProven: false, claims: [] },
    diagnostics: [{ code: "verify/absent", severity: "error", message, fix }],
    ...("order" in planned && { certificate: "absent" }),
  };
}

const readIfThere = (path: string): string | undefined =>
  statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "utf8") : undefined;

const asText = (results: readonly Result[], cwd: string): string =>
  results
    .map(
      (result) =>
        `${result.isProven ? "proved" : "NOT proved"} ${relative(cwd, result.path)}  (${summary(result)})\n`,
    )
    .join("");

function summary({ claims, certificate, isProven }: Result): string {
  if (certificate === undefined) return isProven ? "without a conduit: every packet passes" : "no frame";
  const proof = claims.length > 0 ? claimsText(claims) : "no ruleset that can be read";
  return `${proof}; certificate ${certificate}`;
}

const asDocument = (results: readonly Result[]) => ({
  rulesets: results.map((result) => ({
    file: result.path,
    proved: result.isProven,
    certificate: result.certificate,
    claims: result.claims.map(claimJson),
    diagnostics: result.diagnostics,
  })),
});
