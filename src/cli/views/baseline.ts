import type { Attempts, Baseline, BaselineFlow, BaselineSource, Cadence } from "../../baseline/flow.ts";
import { serviceText } from "../../baseline/service-text.ts";
import { printable } from "../../diagnostics/printable.ts";
import { type Column, table } from "../../diagnostics/text-table.ts";

const columns: readonly Column[] = [
  { heading: "INITIATOR", align: "left" },
  { heading: "RESPONDER", align: "left" },
  { heading: "SERVICE", align: "left" },
  { heading: "CONN", align: "right" },
  { heading: "PACKETS", align: "right" },
  { heading: "CADENCE", align: "left" },
  { heading: "DIRECTION BY", align: "left" },
  { heading: "SURE", align: "right" },
  { heading: "NOTE", align: "left" },
];

/** A baseline as a table of flows, what to look at, then what became of every packet and line of each source. */
export function renderBaseline({ flows, sources, attempts = [], findings = [] }: Baseline): string {
  const rows = flows.map((flow) => [
    flow.initiator,
    flow.responder,
    serviceText(flow),
    String(flow.connections),
    String(flow.packets),
    cadenceText(flow.cadence),
    flow.evidence,
    `${Math.round(flow.confidence * 100)} %`,
    noteText(flow),
  ]);
  const parts = [
    table(columns, rows),
    `${flows.length} flows`,
    ...(attempts.length === 0 ? [] : [attemptsText(attempts)]),
    ...(findings.length === 0 ? [] : [findingsText(findings)]),
    sources.map(renderSource).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

const findingsText = (findings: readonly string[]): string =>
  ["To be looked at:", ...findings.map((finding) => `  ${printable(finding)}`)].join("\n");

/** Lines of folded attempts that a terminal shows; the baseline file has all. */
const shownAttempts = 10;

/** What was too much to be kept one by one, the largest first. */
function attemptsText(attempts: readonly Attempts[]): string {
  const sum = attempts.reduce((count, { conversations }) => count + conversations, 0);
  const largest = attempts.toSorted((x, y) => y.conversations - x.conversations).slice(0, shownAttempts);
  const rest = attempts.length - largest.length;
  return [
    `${sum} further attempts that nobody answered, folded (a scan?):`,
    ...largest.map(
      ({ initiator = "several", responder = "several", conversations, packets }) =>
        `  ${printable(initiator)} to ${printable(responder)}: ${conversations} attempts, ${packets} packets`,
    ),
    ...(rest === 0 ? [] : [`  and ${rest} more lines in the baseline file`]),
  ].join("\n");
}

/** Of fewer, one gap in twenty or more is longer than all that were seen, whatever the rhythm. */
const enoughRequests = 20;

/** `every 10.0 s ± 9 ms`, or the longest silence that is still normal; and by how many requests where these are few. */
export function cadenceText(cadence: Cadence | undefined): string {
  if (cadence === undefined) return "";
  return `${rhythmText(cadence)}${cadence.samples < enoughRequests ? `, by ${cadence.samples} requests only` : ""}`;
}

export const rhythmText = ({ period, jitter = 0, silenceDeadline }: Cadence): string =>
  period === undefined
    ? `silent for up to ${durationText(silenceDeadline)}`
    : `every ${durationText(period)} ± ${durationText(jitter)}`;

/** Three significant digits, in the unit that suits. */
export function durationText(seconds: number): string {
  const [size, name] = unitOf(seconds);
  const value = seconds / size;
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${name}`;
}

function unitOf(seconds: number): readonly [size: number, name: string] {
  if (seconds >= 7200) return [3600, "h"];
  if (seconds >= 120) return [60, "min"];
  return seconds >= 1 ? [1, "s"] : [1e-3, "ms"];
}

const noteText = ({ notRoutable, answered }: BaselineFlow): string =>
  notRoutable ?? (answered ? "" : "unanswered");

function renderSource({
  name,
  format,
  accounting,
  firstSeen,
  lastSeen,
  copies = [],
}: BaselineSource): string {
  const { unit, read, used, ignored, rejected } = accounting;
  const period = firstSeen === undefined ? "" : `, ${firstSeen} to ${lastSeen}`;
  const reasons = (kind: string, counts: Readonly<Record<string, number>>): readonly string[] =>
    Object.entries(counts).map(([reason, count]) => `  ${kind} ${count}: ${printable(reason)}`);
  return [
    `${printable(name)} (${format}${period})`,
    `  ${read} ${unit} read = ${used} used + ${total(ignored)} ignored + ${total(rejected)} rejected`,
    ...reasons("ignored", ignored),
    ...reasons("rejected", rejected),
    ...copies.map(
      ({ of, conversations, packets }) =>
        `  counted once: ${conversations} conversations, ${packets} packets, that ${of === undefined ? "others of its records have" : `${printable(of)} has`} too`,
    ),
  ].join("\n");
}

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
