import { z } from "zod";
import type { Diagnostic, Outcome } from "../diagnostics/diagnostic.ts";
import { jsonPlaces } from "../diagnostics/json-places.ts";
import { printableJson } from "../diagnostics/printable.ts";
import { AddressError, formatAddress, parseAddress } from "../net/address.ts";
import { icmpProtocol, portProtocols } from "../net/protocol.ts";
import { type Baseline, directionEvidence } from "./flow.ts";

const count = z.int().nonnegative();
const seconds = z.number().nonnegative();
const time = z.iso.datetime();
const counts = z.record(z.string(), count);

const cadence = z.strictObject({
  kind: z.enum(["periodic", "irregular"]),
  period: seconds.optional(),
  jitter: seconds.optional(),
  silenceDeadline: seconds,
  samples: count,
});

const endpoints = {
  family: z.literal([4, 6]),
  initiator: z.string(),
  responder: z.string(),
  protocol: count.max(255),
  port: count.max(65_535).optional(),
  icmpType: count.max(255).optional(),
};

/** One flow of a baseline, as it stands in files and documents. */
export const baselineFlowSchema = z
  .strictObject({
    ...endpoints,
    connections: count,
    packets: count,
    bytes: count,
    firstSeen: time.optional(),
    lastSeen: time.optional(),
    evidence: z.enum(directionEvidence),
    confidence: z.number().min(0).max(1),
    answered: z.boolean(),
    notRoutable: z.enum(["broadcast", "multicast", "link-local", "loopback", "unspecified"]).optional(),
    cadence: cadence.optional(),
    presence: z
      .array(z.tuple([z.int(), z.int()]).readonly())
      .readonly()
      .optional(),
  })
  .superRefine(({ family, initiator, responder, protocol, port, icmpType }, context) => {
    const expect = (holds: boolean, path: string, message: string): void => {
      if (!holds) context.addIssue({ code: "custom", path: [path], message });
    };
    expect(isCanonical(family, initiator), "initiator", `expected a canonical IPv${family} address`);
    expect(isCanonical(family, responder), "responder", `expected a canonical IPv${family} address`);
    expect(
      portProtocols.has(protocol) === (port !== undefined),
      "port",
      "expected for protocols with ports only",
    );
    const icmp = protocol === icmpProtocol(family);
    expect(icmp === (icmpType !== undefined), "icmpType", "expected for ICMP of the same family only");
  });

/** One file that was read, and what became of its records. */
export const baselineSourceSchema = z.strictObject({
  name: z.string(),
  format: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  firstSeen: time.optional(),
  lastSeen: time.optional(),
  accounting: z.strictObject({
    unit: z.enum(["packets", "lines", "records"]),
    read: count,
    used: count,
    ignored: counts,
    rejected: counts,
    losses: z.strictObject({ lost: count, of: count }).optional(),
  }),
  copies: z
    .array(
      z.strictObject({
        of: z.string().optional(),
        conversations: count,
        packets: count,
        observers: z.array(z.string()).readonly().optional(),
      }),
    )
    .readonly()
    .optional(),
});

const attempts = z.strictObject({
  initiator: z.string().optional(),
  responder: z.string().optional(),
  conversations: count,
  connections: count,
  packets: count,
  bytes: count,
  firstSeen: time.optional(),
  lastSeen: time.optional(),
});

const countedFlow = z.strictObject({
  ...endpoints,
  packets: count,
  replies: count.optional(),
  openings: count.optional(),
  rose: z.string().regex(/^[01]*$/),
});

const collection = z.strictObject({
  firewall: z.string(),
  conduit: z.string(),
  since: time,
  readings: z.array(time),
  epoch: z.strictObject({ record: z.string(), rules: z.string() }),
  recorded: z.array(countedFlow),
  admitted: z.array(countedFlow),
  unpermitted: count.optional(),
});

const addressLink = z.strictObject({
  address: z.string(),
  mac: z
    .string()
    .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/)
    .optional(),
  vlan: z.array(count.min(1).max(4094)).readonly().optional(),
  seen: count,
  firstSeen: time.optional(),
  lastSeen: time.optional(),
});

export const baselineSchema: z.ZodType<Baseline> = z.strictObject({
  schema: z.literal("sluice/baseline"),
  version: z.literal(1),
  sources: z.array(baselineSourceSchema),
  flows: z.array(baselineFlowSchema),
  attempts: z.array(attempts).optional(),
  collections: z.array(collection).optional(),
  links: z.array(addressLink).optional(),
  findings: z.array(z.string()).optional(),
});

/** Reads a baseline file. Every fault is reported with its place in the file. */
export function readBaseline(text: string, file: string): Outcome<Baseline> {
  const value = parseJson(text);
  if (value instanceof SyntaxError) {
    const fault = error("baseline/syntax", `not JSON: ${value.message}`, jsonPlaces(text, file).fault());
    return { diagnostics: [{ ...fault, fix: "write the baseline again with `sluice observe … -o FILE`" }] };
  }
  const result = baselineSchema.safeParse(value);
  if (result.success) return { value: result.data, diagnostics: [] };
  const places = jsonPlaces(text, file);
  return {
    diagnostics: result.error.issues.map(({ path, message }) =>
      error("baseline/content", `${path.join(".") || "file"}: ${message}`, places.value(path)),
    ),
  };
}

/** A baseline as file content: one source and one flow a line, so that a change is a change of lines. */
export function formatBaseline({ schema, version, sources, flows, ...rest }: Baseline): string {
  const list = (items: readonly unknown[]): string =>
    items.length === 0 ? "[]" : `[\n${items.map((item) => `  ${JSON.stringify(item)}`).join(",\n")}\n]`;
  const head = `"schema": ${JSON.stringify(schema)},\n"version": ${version}`;
  const further = [
    ["attempts", rest.attempts],
    ["collections", rest.collections],
    ["links", rest.links],
  ] as const;
  const tail = further.map(([name, items]) => (items === undefined ? "" : `,\n"${name}": ${list(items)}`));
  const findings = rest.findings === undefined ? "" : `,\n"findings": ${printableJson(list(rest.findings))}`;
  // Names of sources are those of files, and may hold anything; flows are addresses and numbers.
  return `{\n${head},\n"sources": ${printableJson(list(sources))},\n"flows": ${list(flows)}${tail.join("")}${findings}\n}\n`;
}

const error = (code: string, message: string, span: Diagnostic["span"]): Diagnostic => ({
  code,
  severity: "error",
  message,
  ...(span === undefined ? {} : { span }),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (fault) {
    if (fault instanceof SyntaxError) return fault;
    throw fault;
  }
}

function isCanonical(family: 4 | 6, text: string): boolean {
  try {
    const address = parseAddress(text);
    return address.family === family && formatAddress(family, address.from) === text;
  } catch (fault) {
    if (fault instanceof AddressError) return false;
    throw fault;
  }
}
