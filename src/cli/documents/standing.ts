import { z } from "zod";
import { published } from "./document.ts";
import { count, flowKey, hash, many, stage, time } from "./parts.ts";

// What commands say about where things stand, and about the record.

export const journalEntrySchema = z
  .strictObject({
    number: z.int().min(1),
    previous: hash.describe("Hash of the entry before; zeros in the first"),
    hash: hash.describe("SHA-256 of the entry's canonical JSON without this field"),
    time,
    actor: z.string(),
    action: z.string(),
    plan: z.string().optional(),
    firewall: z.string().optional(),
    conduit: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .describe("One line of journal.jsonl: JSON with sorted keys and no white space.");

const faults = many(z.strictObject({ line: count, message: z.string() }));

export const journalDocument = published("journal", 1, "The journal of a site.", {
  entries: many(journalEntrySchema),
  faults,
});

export const journalVerificationDocument = published(
  "journal-verification",
  1,
  "Whether a journal is whole.",
  {
    entries: count,
    head: z.strictObject({ number: count, hash }),
    signedUpTo: count.describe("Number of the last entry that a person signed; 0 for none"),
    unsigned: many(z.strictObject({ number: count, person: z.string() })),
    faults,
  },
);

export const evidenceBundleDocument = published("evidence-bundle", 1, "What was packed for an auditor.", {
  folder: z.string(),
  plans: many(hash),
  files: many(z.strictObject({ path: z.string(), sha256: hash })),
});

const guard = z
  .strictObject({
    plan: z.string(),
    by: z.enum(["kernel", "init", "process"]),
    kind: z.enum(["waits", "gone", "disarmed", "fired"]),
    secondsLeft: z.number().optional(),
    found: z
      .enum(["trial", "nothing"])
      .optional()
      .describe("Of one that fired: whether it had to end a trial"),
  })
  .describe("The second dead man of the last trial since the firewall booted");

const lock = z.strictObject({ holder: z.string(), secondsLeft: z.number() });

export const watchDocument = published("watch", 1, "One look at a firewall; `watch` prints one a line.", {
  time,
  firewall: z.string(),
  problem: z.string().optional().describe("Why nothing is known of it now"),
  conduits: many(
    z.strictObject({
      conduit: z.string(),
      stage,
      trial: z.strictObject({ stage, plan: z.string(), secondsLeft: z.number() }).optional(),
      criteria: z
        .strictObject({ verdict: z.enum(["holds", "waits", "tripped"]), reason: z.string() })
        .optional()
        .describe("Of the plan on trial, judged from the counters; absent where the plan is not at hand"),
      packets: z
        .strictObject({ requests: count, replies: count, notPermitted: count })
        .optional()
        .describe("Since the look before; absent in the first one"),
      recorded: count.describe("Flows in the record of what no permit admitted"),
      recordFull: z.boolean(),
    }),
  ).optional(),
  lock: lock.optional(),
  guard: guard.optional(),
});

export const statusDocument = published("status", 1, "Where every conduit stands on every firewall.", {
  firewalls: many(
    z.strictObject({
      firewall: z.string(),
      problem: z.string().optional().describe("Why nothing is known of it now"),
      live: z
        .strictObject({
          conduits: many(
            z.strictObject({
              conduit: z.string(),
              stage,
              rulesHash: hash,
              draining: z
                .number()
                .optional()
                .describe("Seconds for which sessions from before enforcement may still go on"),
              trial: z.strictObject({ plan: z.string(), secondsLeft: z.number() }).optional(),
            }),
          ),
          lock: lock.optional(),
          ownHash: hash,
          foreignHash: hash,
        })
        .optional(),
      records: many(
        z.strictObject({
          conduit: z.string(),
          flows: many(
            z.strictObject({
              flow: flowKey,
              packets: count,
              decision: z
                .strictObject({ kind: z.enum(["permit", "denial", "answer", "accepted"]), by: z.string() })
                .optional()
                .describe("Absent where nobody decided"),
            }),
          ),
          full: z.boolean(),
        }),
      ).optional(),
      guard: guard.optional(),
      knownGoods: z.strictObject({ current: count, numbers: many(count) }).optional(),
      since: z.record(z.string(), z.strictObject({ stage, time })).describe("By conduit, from the journal"),
    }),
  ),
  pairs: many(
    z.strictObject({
      firewalls: many(z.string()).describe("The primary, and its standby"),
      differences: many(
        z.strictObject({
          conduit: z.string(),
          met: many(
            z.strictObject({
              firewall: z.string(),
              stage: z.enum(["unmanaged", "monitor", "enforce"]),
              onTrial: z.boolean(),
            }),
          ),
        }),
      )
        .optional()
        .describe(
          "Conduits that are not the same on both, so that a failover changes what passes; absent where that is not known",
        ),
    }),
  ),
  journal: many(journalEntrySchema).describe("The last entries"),
});
