import { basename } from "node:path";
import { buildCommand } from "@stricli/core";
import type { Decision } from "../compile/evaluate.ts";
import { type Explanation, explain, type KnownEnd } from "../compile/explain.ts";
import { PacketTextError, parsePacket } from "../compile/packet-text.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import { printable } from "../diagnostics/printable.ts";
import { formatPacket, type Packet } from "../net/packet.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { explanationDocument } from "./documents/site.ts";
import { explainNamed } from "./explain-name.ts";
import { loadSite, siteFlag } from "./site-file.ts";

interface Flags {
  readonly site?: string;
  readonly json: boolean;
}

export const explainCommand = buildCommand<Flags, [string], Context>({
  docs: {
    brief: "Explains what the site file decides about a packet, or what a name in it means",
    fullDescription:
      'The packet is written as in "tcp 10.2.0.5 -> 10.1.0.10:502", "udp historian:1234 -> [fd00::1]:53" or ' +
      '"icmp echo-request hmi -> plc1"; a state behind it, as in "(reply)", is that of its connection.',
  },
  parameters: {
    flags: {
      site: siteFlag,
      json: jsonFlag,
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          parse: String,
          placeholder: "SUBJECT",
          brief:
            "A packet, in quotes, or the name of a zone, conduit, permit (CONDUIT.PERMIT), asset or check",
        },
      ],
    },
  },
  func({ site: file, json }, text) {
    // A packet is several words, a name is one.
    if (!text.includes(" ")) return explainNamed(this, text, { site: file, json });
    const { site } = loadSite(this, file);
    let packet: Packet;
    try {
      packet = parsePacket(text, site);
    } catch (error) {
      if (error instanceof PacketTextError) throw new CommandError(printable(error.message), exitCodes.usage);
      throw error;
    }
    const answer = explain(site, packet);
    if (json) printDocument(this, explanationDocument, asDocument(packet, answer));
    else this.process.stdout.write(asText(packet, answer));
  },
});

const asText = (packet: Packet, answer: Explanation): string =>
  safeLines([
    formatPacket(packet),
    `  from      ${endText(answer.source)}`,
    `  to        ${endText(answer.destination)}`,
    `  conduit   ${answer.conduit ? `${answer.conduit.id} (${place(answer.conduit.span)})` : noConduit(answer)}`,
    ...(answer.permit ? [`  permit    ${setText(answer.permit)}`] : []),
    ...(answer.denial ? [`  denied    ${setText(answer.denial)}`] : []),
    ...(answer.conduit && !answer.permit ? ["  permit    none"] : []),
    `  monitor   ${decisionText(answer.monitor)}`,
    `  enforce   ${decisionText(answer.enforce)}`,
  ]);

const safeLines = (lines: readonly string[]): string => lines.map((line) => `${printable(line)}\n`).join("");

const place = (span: Span): string => `${basename(span.file)}:${span.line}`;

const setText = (set: { readonly id: string; readonly reason: string; readonly span: Span }): string =>
  `${set.id} (${place(set.span)}): ${set.reason}`;

const endText = ({ zone, asset }: KnownEnd): string => {
  if (!zone) return "outside every zone";
  return `zone ${zone.id}${asset ? `, asset ${asset.id}` : ""}`;
};

const noConduit = ({ source, destination }: Explanation): string =>
  source.zone && source.zone.id === destination.zone?.id
    ? "none: traffic inside a zone is not filtered"
    : "none between these two; Sluice does not judge it";

const decisionText = ({ verdict, recorded }: Decision): string =>
  `${verdict === "accept" ? "passes" : "dropped"}${recorded ? ", and recorded" : ""}`;

const asDocument = (
  packet: Packet,
  { source, destination, conduit, permit, denial, ...answer }: Explanation,
) => ({
  packet: formatPacket(packet),
  source: { zone: source.zone?.id, asset: source.asset?.id },
  destination: { zone: destination.zone?.id, asset: destination.asset?.id },
  conduit: conduit && { id: conduit.id, place: place(conduit.span) },
  permit: permit && { id: permit.id, place: place(permit.span), reason: permit.reason },
  denial: denial && { id: denial.id, place: place(denial.span), reason: denial.reason },
  monitor: { verdict: answer.monitor.verdict, recorded: answer.monitor.recorded },
  enforce: { verdict: answer.enforce.verdict, recorded: answer.enforce.recorded },
});
