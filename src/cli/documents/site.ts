import { z } from "zod";
import { published } from "./document.ts";
import { diagnostic, many, packet, span, strings } from "./parts.ts";

// What commands say about a site file.

export const initDocument = published("init", 1, "A site file that was made.", {
  file: z.string(),
  jsonSchema: z.string().describe("The schema that editors read, beside it"),
  questions: strings,
});

export const formatDocument = published("format", 1, "Site files that are, or were, not in canonical form.", {
  files: strings,
  written: z.boolean().describe("False with --check: nothing was written"),
});

export const checkDocument = published("check", 1, "What the reader and the checks found in a site file.", {
  diagnostics: many(diagnostic),
  silenced: many(z.strictObject({ diagnostic, reason: z.string() })),
});

const end = z.strictObject({ zone: z.string().optional(), asset: z.string().optional() });
const decided = z.strictObject({ id: z.string(), place: z.string(), reason: z.string() }).optional();
const verdict = z.strictObject({ verdict: z.enum(["accept", "drop"]), recorded: z.boolean() });

export const explanationDocument = published("explanation", 1, "What the site file decides about a packet.", {
  packet,
  source: end,
  destination: end,
  conduit: z.strictObject({ id: z.string(), place: z.string() }).optional(),
  permit: decided,
  denial: decided,
  monitor: verdict,
  enforce: verdict,
});

export const nameDocument = published(
  "explain-name",
  1,
  "What a name of the site file or of a check means.",
  {
    found: many(
      z
        .object({
          kind: z.enum(["zone", "conduit", "asset", "permit", "check"]),
          name: z.string(),
          span: span.optional(),
        })
        .catchall(z.union([z.string(), span]))
        .describe("Everything else is a label with its text, as the terminal shows it"),
    ),
  },
);
