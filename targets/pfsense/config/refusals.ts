import type { Diagnostic } from "../../../src/diagnostics/diagnostic.ts";
import type { ConfigDocument } from "./document.ts";
import { fault } from "./document.ts";
import { child, childText } from "./xml.ts";

/** Why our rules would not mean in this configuration what they mean elsewhere. */
export function refusals({ root, foreignRules }: ConfigDocument): readonly Diagnostic[] {
  const enabled = foreignRules.filter((rule) => !child(rule, "disabled"));
  const system = child(root, "system");
  const off = child(system, "disablefilter");
  return [
    ...enabled
      .flatMap((rule) => [child(rule, "tag"), child(rule, "tagged")])
      .filter((tag) => tag !== undefined && tag.text !== "")
      .map((tag) => ({
        ...fault(
          "pfsense/tags-in-use",
          `a rule uses the tag "${tag!.text}": a packet carries one tag, and ours would replace it`,
          tag!,
        ),
        fix: "express the rule without tags",
      })),
    ...enabled
      .filter((rule) => childText(rule, "type") !== "block" && childText(rule, "statetype") === "none")
      .map((rule) => ({
        ...fault(
          "pfsense/keeps-no-state",
          "this rule keeps no state, so the replies of what it passes would be judged as requests",
          rule,
        ),
        severity: "warning" as const,
        fix: "let the rule keep state, or watch the record of the monitor stage for such replies",
      })),
    ...(off
      ? [
          {
            ...fault("pfsense/filter-off", "packet filtering is switched off: no rule has any effect", off),
            fix: "remove the tick at System, Advanced, Firewall & NAT",
          },
        ]
      : []),
  ];
}
