import type { Box } from "../../compile/ir.ts";
import { formatRange } from "../../net/address.ts";
import { formatService } from "../../net/service.ts";
import type { Plan } from "../../plan/plan.ts";
import { absent, type Block, type Cell, type Column, paragraph, type Section } from "../document.ts";
import { type PlantNames, plantNames } from "../plant-names.ts";
import { notRecorded, type Reviewed, rulesOf } from "./reviewed.ts";

/** What will pass and what will not, in the plant's names, with a packet as the proof of each direction. */
export function decisions({ plan }: Reviewed): Section {
  const names = plantNames(plan.review);
  return {
    id: "decisions",
    title: "What changes",
    clauses: ["IEC 62443-3-3 SR 5.2", "IEC 62443-3-3 SR 7.6"],
    blocks: [
      ...difference(plan.difference, names),
      ...(plan.review ? decided(plan, plan.review, names) : [absent(notRecorded)]),
    ],
  };
}

function difference({ verdict, lost, gained }: Plan["difference"], names: PlantNames): readonly Block[] {
  const witnesses = [
    ...(lost === undefined
      ? []
      : [{ term: "Passes now, will not pass", value: names.packet(lost), code: true }]),
    ...(gained === undefined
      ? []
      : [{ term: "Does not pass now, will pass", value: names.packet(gained), code: true }]),
  ];
  return [
    { kind: "paragraph", text: verdicts[verdict], role: "lead" },
    ...(witnesses.length > 0
      ? [
          paragraph(
            `One packet ${witnesses.length > 1 ? "of each kind " : ""}as an example, found by comparing all possible packets of this conduit:`,
          ),
          { kind: "facts" as const, items: witnesses },
        ]
      : []),
  ];
}

const verdicts: Readonly<Record<Plan["difference"]["verdict"], string>> = {
  equal: "Exactly the same packets pass before and after.",
  narrowed: "Narrower: fewer packets pass than now, and none that does not pass now.",
  broadened: "BROADER: packets pass that do not pass now, and all that pass now go on passing.",
  both: "Narrower in one place and BROADER in another: some packets will no longer pass, others will pass that do not now.",
  unknown: "NOT KNOWN: what the firewall does now could not be compared with what it will do.",
};

const permitColumns: readonly Column[] = [
  { heading: "Change", kind: "choice" },
  { heading: "Permit", kind: "text" },
  { heading: "Initiators", kind: "text" },
  { heading: "Responders", kind: "text" },
  { heading: "Service", kind: "text" },
  { heading: "Reason", kind: "text" },
  { heading: "Owner", kind: "choice" },
  { heading: "Evidence", kind: "text" },
];
/** Shown where a permit has one. Past it the permit goes on: a date changes no firewall. */
const until: Column = { heading: "Until", kind: "date" };

function decided(plan: Plan, review: NonNullable<Plan["review"]>, names: PlantNames): readonly Block[] {
  const changes = permitChanges(plan);
  const removed = (review.before?.permits ?? []).filter(({ permit }) => changes.get(permit) === "removed");
  const ends = review.permits.some(({ expires }) => expires !== undefined);
  const permits = [
    ...review.permits.map((permit): readonly Cell[] => [
      changeCells[changes.get(permit.id) ?? "same"],
      permit.critical ? `${permit.id} (critical)` : permit.id,
      permit.initiators.join(", "),
      permit.responders.join(", "),
      permit.services.join(", "),
      permit.reason,
      permit.owner ?? "nobody",
      permit.evidence ?? "none",
      ...(ends ? [permit.expires ?? ""] : []),
    ]),
    ...removed.map(({ permit, reason, boxes }): readonly Cell[] => [
      changeCells.removed,
      permit,
      distinct(boxes.map(({ source }) => names.end(formatRange(source)))),
      distinct(boxes.map(({ destination }) => names.end(formatRange(destination)))),
      distinct(boxes.map(({ service }) => formatService(service))),
      reason,
      "",
      "",
      ...(ends ? [""] : []),
    ]),
  ];
  return [
    {
      kind: "table",
      caption: "Permits of this conduit",
      columns: ends ? [...permitColumns, until] : permitColumns,
      rows: permits,
    },
    ...(review.denials.length === 0
      ? []
      : [
          {
            kind: "table" as const,
            caption: "Seen, and decided against",
            columns: permitColumns.slice(2, 6),
            rows: review.denials.map((denial) => [
              denial.initiators.join(", "),
              denial.responders.join(", "),
              denial.services.join(", "),
              denial.reason,
            ]),
          },
        ]),
  ];
}

type PermitChange = "added" | "removed" | "changed" | "same";
const changeCells: Readonly<Record<PermitChange, Cell>> = {
  added: { text: "added", tone: "good" },
  removed: { text: "removed", tone: "bad" },
  changed: { text: "changed", tone: "warn" },
  same: "as before",
};

const admitted = ({ source, destination, service }: Box): string =>
  `${formatRange(source)} ${formatRange(destination)} ${formatService(service)}`;

/** How each permit stands to what the firewall holds now: by what it admits, not by its words. */
function permitChanges(plan: Plan): ReadonlyMap<string, PermitChange> {
  const admits = (permits: ReturnType<typeof rulesOf>["permits"]): ReadonlyMap<string, string> =>
    new Map(permits.map(({ permit, boxes }) => [permit, boxes.map(admitted).toSorted().join(" ")]));
  const [before, after] = [admits(plan.review?.before?.permits ?? []), admits(rulesOf(plan).permits)];
  return new Map(
    [...new Set([...before.keys(), ...after.keys()])].map((id) => {
      if (!before.has(id)) return [id, "added"];
      if (!after.has(id)) return [id, "removed"];
      return [id, before.get(id) === after.get(id) ? "same" : "changed"];
    }),
  );
}

const distinct = (words: readonly string[]): string => [...new Set(words)].join(", ");
