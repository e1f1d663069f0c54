import { readFileSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import { sha256 } from "../digest.ts";
import { formatPacket } from "../net/packet.ts";
import { mayBeWritten } from "../verify/claims/claim.ts";
import { type Compilation, verifyText } from "../verify/compile.ts";
import { CommandError, type Context } from "./context.ts";
import { type PlannedRuleset, plannedRulesets, rulesetFolder, rulesetOfFile } from "./rulesets.ts";
import { loadSite } from "./site-file.ts";
import { claimsText, renderOnce } from "./views/claims.ts";

interface Flags {
  readonly site?: string;
  readonly folder?: string;
  readonly baseline?: string;
  readonly json?: boolean;
}

interface Result {
  readonly path: string;
  readonly ruleset: PlannedRuleset;
  readonly text: string;
  readonly proof: Compilation;
  /** The certificate beside the file is of other bytes. */
  readonly certificate: "fits" | "of other bytes" | "absent";
}

export const verifyCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief: "Proves ruleset files against the site file, as they are now",
    fullDescription:
      "A file is known by its place, <firewall>/<conduit>.<stage>.nft. Without FILE every ruleset that the site has " +
      "must be there.",
  },
  parameters: {
    flags: {
      site: { kind: "parsed", parse: String, optional: true, placeholder: "FILE", brief: "The site file" },
      folder: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "DIR",
        brief: "Folder of the rulesets (compiled/ beside the site file)",
      },
      baseline: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Observed flows to keep (the evidence that the permits name)",
      },
      json: { kind: "boolean", optional: true, withNegated: false, brief: "Print the results as JSON" },
    },
    positional: { kind: "array", parameter: { parse: String, placeholder: "FILE", brief: "Ruleset files" } },
  },
  func({ site, folder, baseline, json }, ...files) {
    const loaded = loadSite(this, site);
    const planned = plannedRulesets(this, loaded, [], baseline, rulesetFolder(this, loaded, folder));
    const subjects = files.length
      ? files.map((file) => ({
          ruleset: rulesetOfFile(planned, resolve(this.cwd, file)),
          path: resolve(this.cwd, file),
        }))
      : planned.map((ruleset) => ({ ruleset, path: ruleset.file }));
    const results = subjects.map(({ ruleset, path }) => verifyFile(ruleset, path));
    const remarks = results.map(({ proof: { diagnostics }, path, text }) => ({
      diagnostics,
      source: (file: string) => (file === path ? text : loaded.text),
    }));
    this.process.stderr.write(renderOnce(remarks));
    this.process.stdout.write(json ? asJson(results) : asText(results, this.cwd));
    const open = results.filter((result) => !isProven(result)).length;
    if (open > 0)
      throw new CommandError(`${open} of ${results.length} rulesets are not what the site file says`);
  },
});

const isProven = ({ proof: { ruleset }, certificate }: Result): boolean =>
  ruleset !== undefined && mayBeWritten(ruleset.claims) && certificate !== "of other bytes";

function verifyFile(ruleset: PlannedRuleset, path: string): Result {
  const text = readIfThere(path);
  if (text === undefined)
    return { path, ruleset, text: "", proof: absent(ruleset, path), certificate: "absent" };
  const beside = readIfThere(
    path.slice(0, -ruleset.order.target.extension.length).concat(".certificate.json"),
  );
  const fits = beside?.includes(`"${sha256(text)}"`);
  const certificate = fits === undefined ? "absent" : fits ? "fits" : "of other bytes";
  return { path, ruleset, text, proof: verifyText(ruleset.order, text, path), certificate };
}

const absent = ({ order }: PlannedRuleset, path: string): Compilation => ({
  diagnostics: [
    {
      code: "verify/absent",
      severity: "error",
      message: `${path} does not exist`,
      fix: `write it with "sluice compile ${order.conduit.id}"`,
    },
  ],
});

const readIfThere = (path: string): string | undefined =>
  statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "utf8") : undefined;

const asText = (results: readonly Result[], cwd: string): string =>
  results
    .map((result) => {
      const claims = result.proof.ruleset?.claims;
      const state = isProven(result) ? "proved" : "NOT proved";
      const summary = claims ? claimsText(claims) : "no ruleset that can be read";
      return `${state} ${relative(cwd, result.path)}  (${summary}; certificate ${result.certificate})\n`;
    })
    .join("");

const asJson = (results: readonly Result[]): string =>
  `${JSON.stringify(
    {
      schema: "sluice/verification",
      version: 1,
      rulesets: results.map((result) => ({
        file: result.path,
        proved: isProven(result),
        certificate: result.certificate,
        claims: (result.proof.ruleset?.claims ?? []).map((claim) =>
          claim.result === "failed" ? { ...claim, packet: formatPacket(claim.packet) } : claim,
        ),
        diagnostics: result.proof.diagnostics,
      })),
    },
    null,
    2,
  )}\n`;
