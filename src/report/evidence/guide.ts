import { absent, paragraph, type Report, type Section } from "../document.ts";
import { count, minute } from "../words.ts";
import { auditChecks, changeFolder } from "./checks.ts";
import type { Evidence, EvidenceChange } from "./evidence.ts";
import { mappings } from "./mapping.ts";

/** What is in a bundle, how to verify it without Sluice, and what it does and does not show. */
export function guide(evidence: Evidence): Report {
  const { site, created, changes } = evidence;
  const checks = auditChecks(changes, evidence.heads);
  return {
    schema: "sluice/evidence",
    version: 1,
    subject: site,
    title: `Evidence of ${count(changes.length, "change")}`,
    summary:
      `This folder holds what was planned, who approved it, what was done and how it ended, of ${count(changes.length, "change")} to the firewalls of ${site}. It was packed at ${minute(created)}. ` +
      "Nothing in it needs Sluice: all of it can be read in an editor or a browser, and verified with sha256sum and ssh-keygen, which every Linux system has.",
    status: {
      text: `${count(checks.length, "check")} for you to run`,
      tone: "warn",
    },
    sections: [contents(evidence), verification(checks), clauses()],
  };
}

function contents({ changes, missing, journal, heads }: Evidence): Section {
  return {
    id: "contents",
    title: "What is here",
    clauses: [],
    blocks: [
      changes.length === 0
        ? absent("No plan of a change is in this bundle.")
        : {
            kind: "table",
            caption: "Changes",
            columns: [
              { heading: "Folder", kind: "code" },
              { heading: "Conduit", kind: "text" },
              { heading: "Firewall", kind: "text" },
              { heading: "From", kind: "text" },
              { heading: "To", kind: "text" },
              { heading: "Author", kind: "text" },
              { heading: "Signed by", kind: "text" },
              { heading: "How it ended", kind: "text" },
            ],
            rows: changes.map((change) => [
              changeFolder(change.plan.id),
              change.plan.conduit,
              change.plan.firewall.id,
              change.plan.from,
              change.plan.to,
              change.plan.author,
              change.approvals.map(({ person }) => person).join(", ") || "nobody",
              ending(change, journal.entries),
            ]),
          },
      ...missing.map((id) => absent(`The journal names the plan ${id}, whose file is not here.`)),
      {
        kind: "list",
        items: [
          "README.txt and README.html: this text",
          "MANIFEST: the SHA-256 of every other file",
          `journal.jsonl: the whole journal of the site, ${count(journal.entries.length, "entry", "entries")}; journal.csv is the same for a spreadsheet`,
          `journal-heads: ${count(heads.length, "signed end")} of the journal; journal-signers: the keys of the site's people`,
          "changes/…/plan.json: the plan as it was approved; plan.canonical.json: the bytes of which its id is the SHA-256",
          "changes/…/review.html and review.txt: the plan as a reviewer reads it; tables: its tables for a spreadsheet",
          "changes/…/before.rules, trial.rules, after.rules: the rules before, during the trial and after the confirm",
          "changes/…/approval.txt, approvals and approvers: what was signed, the signatures, and the keys of the plan's people",
          "changes/…/site.yaml: the site file from which the plan was made",
        ],
      },
    ],
  };
}

/** The last word of the journal about a change. */
function ending({ plan }: EvidenceChange, entries: Evidence["journal"]["entries"]): string {
  const last = entries.findLast((entry) => entry.plan === plan.id);
  return last === undefined ? "the journal does not name it" : `${last.action}, ${minute(last.time)}`;
}

const verification = (checks: ReturnType<typeof auditChecks>): Section => ({
  id: "verification",
  title: "How to verify it",
  clauses: [],
  blocks: [
    paragraph(
      "Type these in this folder. Each command must end with exit code 0. The keys in the files approvers and journal-signers come from the plans and from the site file: compare them with what the people themselves say, by telephone or in person.",
    ),
    ...checks.flatMap(({ title, commands, expected }) => [
      { kind: "code" as const, caption: `${title}: ${expected}`, text: commands.join("\n") },
    ]),
    paragraph(
      "One more comparison needs a firewall: the file journal-head.json in Sluice's folder there, and the lines with the word sluice in its log, name the last entry and its hash. A journal that ends before that entry was cut short.",
    ),
  ],
});

const clauses = (): Section => ({
  id: "clauses",
  title: "What it shows towards IEC 62443, and what it does not",
  clauses: [],
  blocks: [
    paragraph(
      "Clauses are of IEC 62443-3-2:2020, 62443-3-3:2013 and 62443-2-1:2024. None of them is fulfilled by files alone; this says which file bears on which clause.",
    ),
    absent(
      "The standards are sold, and nobody compared this table with them: compare it with your copy before you rely on it. The numbers and titles of the ZCR and of the SR were compared with public lists (the references of NIST's Cybersecurity Framework 1.1, a research data set, statements of vendors). Of 62443-2-1:2024 it is public that it counts in security program elements (SPE) and that the edition of 2010 had other numbers; the names of its elements were found in no public text and are unproven here.",
    ),
    {
      kind: "table",
      caption: "Clauses and files",
      columns: [
        { heading: "Clause", kind: "text" },
        { heading: "About", kind: "text" },
        { heading: "What the files show", kind: "text" },
        { heading: "What Sluice does not show", kind: "text" },
      ],
      rows: mappings.map(({ clause, about, shows, doesNotShow }) => [clause, about, shows, doesNotShow]),
    },
  ],
});
