import { z } from "zod";
import { published } from "./document.ts";
import { claim, count, diagnostic, many, packet, strings } from "./parts.ts";

// What commands say about rulesets.

export const compilationDocument = published(
  "compilation",
  1,
  "Rulesets that were compiled, and what is proved.",
  {
    rulesets: many(
      z.strictObject({
        firewall: z.string(),
        conduit: z.string(),
        stage: z.enum(["monitor", "enforce"]),
        file: z.string(),
        written: z.boolean(),
        claims: many(claim),
        diagnostics: many(diagnostic),
      }),
    ),
    frames: many(z.strictObject({ firewall: z.string(), file: z.string() })).describe(
      "One for each firewall",
    ),
  },
);

export const verificationDocument = published(
  "verification",
  1,
  "Ruleset files, held against the site file.",
  {
    rulesets: many(
      z.strictObject({
        file: z.string(),
        proved: z.boolean(),
        certificate: z.enum(["fits", "of other bytes", "absent"]).optional().describe("A frame has none"),
        claims: many(claim),
        diagnostics: many(diagnostic),
      }),
    ),
  },
);

const unmodelled = many(z.strictObject({ construct: z.string(), count, first: z.string() }));
const answers = many(
  z.strictObject({
    from: z.string(),
    to: z.string(),
    accept: packet.optional(),
    deny: packet.optional(),
    unknown: packet.optional(),
    "depends-on-interface": z
      .strictObject({ packet, accept: many(packet), deny: many(packet) })
      .optional()
      .describe("An unknown packet that its interfaces decide about; * is one that no rule names"),
  }),
);

export const importDocument = published("import", 1, "What rulesets do with forwarded packets.", {
  files: strings,
  gates: strings,
  families: answers,
  zones: answers,
  findings: strings,
  unmodelled,
});

export const comparisonDocument = published(
  "comparison",
  1,
  "How two rulesets differ in what they let pass.",
  {
    before: z.string(),
    after: z.string(),
    changes: many(
      z.strictObject({
        from: z.string(),
        to: z.string(),
        change: z.enum(["equal", "narrowed", "broadened", "both", "unknown"]),
        lost: packet.optional(),
        gained: packet.optional(),
        unknown: packet.optional(),
      }),
    ),
    findings: strings,
    unmodelled,
  },
);
