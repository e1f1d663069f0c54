import { z } from "zod";
import type { Box, ConduitRules, FirewallRules } from "../compile/ir.ts";
import { requestsOf } from "../compile/policy-program.ts";
import { type AddressRange, formatRange, parseRange } from "../net/address.ts";
import type { ConduitId, Denial, PermitId } from "../policy/model.ts";

// Rules as JSON: ranges are text (`10.1.0.0/24`), because JSON has no numbers of 128 bits.

const range = z.string().transform((text, context): AddressRange => {
  try {
    return parseRange(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
    return z.NEVER;
  }
});
const small = z.int().min(0).max(65_535);
const family = z.union([z.literal(4), z.literal(6)]);
const service = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("any") }),
  z.strictObject({ kind: z.literal("ports"), protocol: small, from: small, to: small }),
  z.strictObject({ kind: z.literal("icmp"), family, type: small }),
  z.strictObject({ kind: z.literal("protocol"), protocol: small }),
]);
const span = z.strictObject({ file: z.string(), line: z.int(), column: z.int(), length: z.int() });
const id = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/);

const box = z.strictObject({ source: range, destination: range, service });

/** What one denial decides against, as it stands in a plan. */
export const denialSchema = z.strictObject({ id, origin: span, boxes: z.array(box) });

/** Rules of one conduit, as they stand in a plan. */
export const conduitRulesSchema = z.strictObject({
  conduit: id.transform((text) => text as ConduitId),
  zones: z.tuple([id, id]),
  stage: z.enum(["monitor", "enforce"]),
  pairs: z.array(z.strictObject({ left: range, right: range })),
  permits: z.array(
    z.strictObject({
      permit: id.transform((text) => text as PermitId),
      reason: z.string(),
      origin: span,
      boxes: z.array(box),
    }),
  ),
  drain: z.int().positive().optional(),
});

/** Rules of one firewall, as they stand in a plan and beside a known-good. */
export const firewallRulesSchema = z.strictObject({ firewall: id, conduits: z.array(conduitRulesSchema) });
export type FirewallRulesDocument = z.input<typeof firewallRulesSchema>;

export const firewallRulesDocument = (rules: FirewallRules): FirewallRulesDocument => ({
  firewall: rules.firewall,
  conduits: rules.conduits.map(conduitRulesDocument),
});

export const conduitRulesDocument = (rules: ConduitRules): FirewallRulesDocument["conduits"][number] => ({
  conduit: rules.conduit,
  zones: [...rules.zones],
  stage: rules.stage,
  pairs: rules.pairs.map((pair) => ({ left: formatRange(pair.left), right: formatRange(pair.right) })),
  permits: rules.permits.map((permit) => ({
    permit: permit.permit,
    reason: permit.reason,
    origin: permit.origin,
    boxes: permit.boxes.map(boxDocument),
  })),
  ...(rules.drain !== undefined && { drain: rules.drain }),
});

export const denialDocument = (denial: Denial): z.input<typeof denialSchema> => ({
  id: denial.id,
  origin: denial.span,
  boxes: requestsOf(denial).map(boxDocument),
});

const boxDocument = ({ source, destination, service }: Box): z.input<typeof box> => ({
  source: formatRange(source),
  destination: formatRange(destination),
  service,
});

/** A firewall's rules with those of one conduit put in, or in place of its old ones; the order of the others stays. */
export function withConduit(rules: FirewallRules, conduit: ConduitRules): FirewallRules {
  const isThere = rules.conduits.some((one) => one.conduit === conduit.conduit);
  return {
    firewall: rules.firewall,
    conduits: isThere
      ? rules.conduits.map((one) => (one.conduit === conduit.conduit ? conduit : one))
      : [...rules.conduits, conduit],
  };
}
