import { absent, type Cell, paragraph, type Section } from "../document.ts";
import { claimsOf, type Reviewed, unprovenIn } from "./reviewed.ts";

const results: Readonly<Record<string, Cell>> = {
  proved: { text: "proved", tone: "good" },
  failed: { text: "FAILED", tone: "bad" },
  "not-proved": { text: "not proved", tone: "warn" },
};

/** What was proved about the rules, and what no proof here covers. */
export function proofs({ plan }: Reviewed): Section {
  const { outside } = plan.certificate as { readonly outside?: readonly string[] };
  const unproven = unprovenIn(plan);
  const claims = claimsOf(plan);
  return {
    id: "proofs",
    title: "What is proved",
    clauses: ["IEC 62443-3-3 SR 3.3", "IEC 62443-3-3 SR 7.6"],
    blocks: [
      ...(unproven === undefined
        ? []
        : [{ kind: "list" as const, items: [{ text: unproven, tone: "bad" as const }] }]),
      claims.length === 0
        ? absent("The certificate of this plan holds no claim.")
        : {
            kind: "table",
            caption:
              "Claims about the text of the rules and about the step, each for all packets, not for samples",
            columns: [
              { heading: "Result", kind: "text" },
              { heading: "Claim", kind: "text" },
              { heading: "Against it", kind: "code" },
            ],
            rows: claims.map(({ result, statement, witness }) => [
              results[result] ?? result,
              statement,
              witness ?? "",
            ]),
          },
      ...(outside === undefined
        ? []
        : [
            paragraph("No proof here covers:"),
            { kind: "list" as const, items: outside.filter((text) => text !== unproven) },
          ]),
    ],
  };
}
