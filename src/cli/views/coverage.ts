import type { ConduitCoverage, Coverage } from "../../baseline/coverage/coverage.ts";
import { assumedCycle, blindTo } from "../../baseline/coverage/limits.ts";
import { printable } from "../../diagnostics/printable.ts";
import { sparkLine } from "../../diagnostics/spark-line.ts";
import { formatDuration } from "../../policy/duration.ts";
import { count } from "../../report/words.ts";

/** Columns of the discovery curve: what stands beside it fits a line of 80. */
const curveWidth = 48;

/** Conduit by conduit: the discovery curve, every term, and what is missing and for how long. */
export function renderCoverage(coverage: Coverage): string {
  const { cycle, observed, conduits, elsewhere, timeless, denied } = coverage;
  const phases = cycle.phases.length === 0 ? "" : ` (${cycle.phases.join(", ")})`;
  const ready = conduits.filter(({ limiting }) => limiting === undefined).length;
  const parts = [
    printable(`counted in cycles of ${cycle.id}, ${formatDuration(cycle.length)} each${phases}`),
    ...(cycle.isAssumed === true ? [assumedCycle] : []),
    ...conduits.map((conduit) => conduitText(conduit, cycle.length)),
    ...(elsewhere === 0 ? [] : [`not judged: ${count(elsewhere, "flow")} in no conduit`]),
    ...(timeless === 0
      ? []
      : [
          `not counted: ${count(timeless, "flow")} without times; observe again, from sources that have them`,
        ]),
    ...(denied === 0 ? [] : [`${denied} flows are denied by the site file and were not counted`]),
    ...(ready === 0 ? [] : [blindTo(observed)]),
    `${ready} of ${conduits.length} conduits are ready to be enforced`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function conduitText({ id, estimate, terms, limiting }: ConduitCoverage, length: number): string {
  const { flows, cycles, once, discovery } = estimate;
  const width = Math.max(...terms.map(({ name }) => name.length));
  const verdict = limiting === undefined ? "ready" : `not ready: limited by ${limiting.name}`;
  return [
    `${printable(id)}: ${verdict}`,
    ...(flows === 0
      ? []
      : [
          `  ${flows} flows in ${cycles} cycles, ${once} of them in one cycle only`,
          `  ${sparkLine(discovery, curveWidth)}  flows known after each cycle, up to ${flows}`,
        ]),
    ...terms.map(({ name, met, text }) => `  ${met ? "holds " : "FAILS "} ${name.padEnd(width)}  ${text}`),
    ...(limiting === undefined ? [] : [`  missing: ${limiting.remedy}${timeText(limiting.cycles, length)}`]),
  ].join("\n");
}

const timeText = (cycles: number | undefined, length: number): string =>
  cycles === undefined ? "" : `: at least ${cycles} more cycles, ${formatDuration(cycles * length)}`;
