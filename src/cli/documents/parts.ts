import { z } from "zod";
import { statements } from "../../verify/claims/claim.ts";

// Parts that several documents have.

export const many = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
export const strings = many(z.string());
export const count = z.int().min(0);
export const time = z.string().describe("ISO 8601, UTC");
export const hash = z.string().describe("SHA-256, hex");
export const packet = z.string().describe("A packet in one line: tcp 10.2.0.5:40000 -> 10.1.0.10:502");
export const stage = z.enum(["unmanaged", "monitor", "enforce"]);

export const span = z.strictObject({
  file: z.string(),
  line: count,
  column: count,
  length: count,
});

export const diagnostic = z.strictObject({
  code: z.string().describe("Stable: site/unknown-key, check/any-to-any"),
  severity: z.enum(["error", "warning", "note"]),
  message: z.string(),
  span: span.optional(),
  related: many(z.strictObject({ span, message: z.string() })).optional(),
  fix: z.string().optional(),
  clause: z.string().optional(),
  subject: z.string().optional(),
});

export const claim = z.strictObject({
  claim: z.enum(Object.keys(statements) as [keyof typeof statements]),
  result: z.enum(["proved", "failed", "not-proved"]),
  message: z.string().optional(),
  packet: packet.optional(),
  rule: span.optional(),
  cause: z.enum(["budget", "no-baseline"]).optional(),
});

/** What a measure did on one firewall. */
export const taken = z.strictObject({
  firewall: z.string(),
  kind: z.enum(["taken", "refused", "unproven"]),
  already: z
    .number()
    .optional()
    .describe(
      "Of one that was in force before, so that nothing was changed: for how many seconds it still is",
    ),
  reason: z.string().optional(),
});

/** A flow that no permit admitted, as a firewall recorded it. */
export const flowKey = z.strictObject({
  family: z.literal([4, 6]),
  initiator: z.string(),
  responder: z.string(),
  protocol: count,
  port: count.optional(),
  icmpType: count.optional(),
});
