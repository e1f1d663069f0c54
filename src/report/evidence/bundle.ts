import { canonicalJson, sha256 } from "../../digest.ts";
import { allowedSigners, approvalMessage, approvalStatus } from "../../plan/approval.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import { headMessage } from "../../rollout/journal-head.ts";
import type { Report, Table } from "../document.ts";
import { printCsv } from "../print-csv.ts";
import { printHtml } from "../print-html.ts";
import { printText } from "../print-text.ts";
import { review } from "../review.ts";
import { chainScript, changeFolder, headName } from "./checks.ts";
import type { Evidence, EvidenceChange } from "./evidence.ts";
import { guide } from "./guide.ts";

/** A file of a bundle; the path is relative to its folder. */
export interface BundleFile {
  readonly path: string;
  readonly content: string;
}

/** Columns of a text that is read in an editor. */
const textWidth = 100;

/**
 * Everything that an auditor needs, as plain files: what was planned, approved and done, how to verify it without
 * Sluice, and a manifest of all files in the form of sha256sum.
 */
export function evidenceBundle(evidence: Evidence): readonly BundleFile[] {
  const readme = guide(evidence);
  const files = [
    { path: "README.txt", content: printText(readme, textWidth) },
    { path: "README.html", content: printHtml(readme) },
    { path: "journal.jsonl", content: evidence.journal.text },
    { path: "journal.csv", content: printCsv(journalTable(evidence.journal.entries)) },
    { path: "journal-chain.sh", content: chainScript },
    { path: "journal-signers", content: evidence.signers },
    ...evidence.heads.flatMap((head) => [
      { path: `${headName(head)}.txt`, content: headMessage(head) },
      { path: `${headName(head)}.sig`, content: head.signature },
    ]),
    ...evidence.changes.flatMap((change) => changeFiles(change, evidence.journal.entries)),
  ].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const manifest = files.map(({ path, content }) => `${sha256(content)}  ${path}\n`).join("");
  return [...files, { path: "MANIFEST", content: manifest }];
}

function changeFiles(
  { plan, text, approvals }: EvidenceChange,
  entries: readonly JournalEntry[],
): readonly BundleFile[] {
  const folder = changeFolder(plan.id);
  const { id: _, ...body } = JSON.parse(text) as Record<string, unknown>;
  const valid = approvals.map(({ person }) => ({ person, valid: true }));
  const page = review({ plan, approvals: approvalStatus(plan, valid), journal: entries });
  const before = plan.base.boot;
  return [
    { path: `${folder}/plan.json`, content: text },
    { path: `${folder}/plan.canonical.json`, content: canonicalJson(body) },
    { path: `${folder}/site.yaml`, content: plan.site.text },
    { path: `${folder}/review.html`, content: printHtml(page) },
    { path: `${folder}/review.txt`, content: printText(page, textWidth) },
    ...tables(page).map((table, index) => ({
      path: `${folder}/tables/${String(index + 1).padStart(2, "0")}-${slug(table.caption)}.csv`,
      content: printCsv(table),
    })),
    ...(before === null ? [] : [{ path: `${folder}/before.rules`, content: before }]),
    { path: `${folder}/trial.rules`, content: plan.compiled.text },
    { path: `${folder}/after.rules`, content: plan.boot.text },
    { path: `${folder}/approval.txt`, content: approvalMessage(plan) },
    { path: `${folder}/approvers`, content: allowedSigners(plan) },
    ...approvals.map(({ person, signature }) => ({
      path: `${folder}/approvals/${person}.sig`,
      content: signature,
    })),
  ];
}

const tables = ({ sections }: Report): readonly Table[] =>
  sections
    .flatMap(({ blocks }) => blocks.flatMap((block) => (block.kind === "fold" ? block.blocks : [block])))
    .filter((block) => block.kind === "table");

/** A caption as a file name. */
const slug = (caption: string): string =>
  caption
    .toLowerCase()
    .replace(/[^a-z]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 40);

const journalTable = (entries: readonly JournalEntry[]): Pick<Table, "columns" | "rows"> => ({
  columns: ["number", "time", "actor", "action", "firewall", "conduit", "plan", "details"].map((heading) => ({
    heading,
    kind: "text" as const,
  })),
  rows: entries.map(({ number, time, actor, action, firewall, conduit, plan, details }) => [
    String(number),
    time,
    actor,
    action,
    firewall ?? "",
    conduit ?? "",
    plan ?? "",
    details === undefined ? "" : canonicalJson(details),
  ]),
});
