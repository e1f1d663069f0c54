import { Document, isMap, type Pair, type Scalar, visit, type YAMLMap } from "yaml";
import { knownService } from "../../net/known-services.ts";
import type { BaselineFlow } from "../flow.ts";
import type { ProposedPermit } from "./permits.ts";
import type { Proposal } from "./propose.ts";
import { flowText } from "./question.ts";

/**
 * A proposal as a piece of a site file, with its evidence and its questions as comments.
 * @param evidence path of the baseline, as the site file is to cite it.
 */
export function proposalYaml(proposal: Proposal, evidence: string): string {
  const document = new Document({
    conduits: Object.fromEntries(
      proposal.conduits.map(({ id, permits }) => [
        id,
        { permits: Object.fromEntries(permits.map((permit) => [permit.id, permitValue(permit, evidence)])) },
      ]),
    ),
  });
  visit(document, {
    // Names of hosts and services stand on one line, as a human would write them.
    Seq(_, node) {
      node.flow = true;
    },
  });
  for (const { id, permits } of proposal.conduits) {
    const map = document.getIn(["conduits", id, "permits"]);
    if (!isMap(map)) continue;
    for (const [index, permit] of permits.entries()) commentPermit(map, index, permit, proposal.nameOf);
  }
  document.commentBefore = header(proposal, evidence);
  return proposal.conduits.length === 0
    ? `${commented(header(proposal, evidence))}\n`
    : document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function permitValue(permit: ProposedPermit, evidence: string): Readonly<Record<string, unknown>> {
  const { initiators, responders, services, critical } = permit;
  return {
    initiators,
    responders,
    services,
    reason: `Observed in use (${services.join(", ")}); state why the process needs it.`,
    evidence,
    ...(critical ? { critical } : {}),
  };
}

function commentPermit(
  map: YAMLMap,
  index: number,
  permit: ProposedPermit,
  nameOf: (address: string) => string,
): void {
  const pair = map.items[index] as Pair<Scalar>;
  pair.key.commentBefore = permit.flows.map((flow) => ` ${evidenceText(flow, nameOf)}`).join("\n");
  pair.key.spaceBefore = index > 0;
}

/** `historian -> plc1 tcp 502: 1 connection, 1204 packets, 2026-01-02 03:04:05 to …, every 0.2 s ± 0.001 s; …`. */
function evidenceText(flow: BaselineFlow, nameOf: (address: string) => string): string {
  const { connections, packets, firstSeen, lastSeen, cadence, evidence, confidence } = flow;
  const known = flow.port === undefined ? undefined : knownService(flow.protocol, flow.port);
  const rhythm =
    cadence === undefined
      ? "no cadence"
      : cadence.period === undefined
        ? `irregular, silent for up to ${cadence.silenceDeadline} s`
        : `every ${cadence.period} s ± ${cadence.jitter ?? 0} s`;
  return [
    `${flowText(flow, nameOf)}${known === undefined ? "" : ` (${known.name})`}: `,
    `${connections} connection${connections === 1 ? "" : "s"}, ${packets} packets, `,
    firstSeen === undefined ? "" : `${second(firstSeen)} to ${second(lastSeen ?? firstSeen)}, `,
    `${rhythm}; direction by ${evidence}, ${Math.round(confidence * 100)} % sure`,
  ].join("");
}

/** To the second: enough for a reader. */
const second = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 19)}Z`;

function header({ conduits, questions, settled }: Proposal, evidence: string): string {
  const permits = conduits.reduce((sum, conduit) => sum + conduit.permits.length, 0);
  const rest = Object.entries(settled)
    .filter(([, flows]) => flows > 0)
    .map(([reason, flows]) => `${flows} ${reason}`);
  return [
    ` Proposed from ${evidence}: ${permits} permit${permits === 1 ? "" : "s"}. Merge what is right into the site file,`,
    " and say in each reason why the process needs it.",
    ...(rest.length > 0 ? [` Flows that need nothing: ${rest.join(", ")}.`] : []),
    ...(questions.length > 0 ? ["", " Questions that a human must answer:"] : []),
    ...questions.map(({ text }, index) => ` ${index + 1}. ${text}`),
  ].join("\n");
}

const commented = (text: string): string =>
  text
    .split("\n")
    .map((line) => `#${line}`)
    .join("\n");
