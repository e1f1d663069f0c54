import { paragraph, type Section } from "../document.ts";
import { sideBySide } from "../text-diff.ts";
import type { Reviewed } from "./reviewed.ts";

/** The rules themselves, for whoever reads them. */
export function ruleText({ plan }: Reviewed): Section {
  const before = plan.base.boot ?? "";
  return {
    id: "text",
    title: "The rules as text",
    clauses: ["IEC 62443-3-3 SR 7.6"],
    blocks: [
      paragraph(
        plan.base.boot === null
          ? "Sluice has no boot file on the firewall yet, so every line is new."
          : "What the boot file of Sluice holds now, and what it will hold after the confirm. Nothing else on the firewall is changed.",
      ),
      {
        kind: "fold",
        title: "Before and after, side by side",
        blocks: [{ kind: "diff", caption: plan.firewall.bootFile, rows: sideBySide(before, plan.boot.text) }],
      },
      {
        kind: "facts",
        items: [
          { term: "Rules on trial, SHA-256", value: plan.compiled.sha256, code: true },
          { term: "Boot file afterwards, SHA-256", value: plan.boot.sha256, code: true },
        ],
      },
    ],
  };
}
