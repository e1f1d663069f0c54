import { z } from "zod";
import { firingSchema } from "../../plan/plan.ts";
import { published } from "./document.ts";
import { count, hash, many, stage, strings, taken, time } from "./parts.ts";

// What commands say about changes to firewalls.

export const noChangeDocument = published(
  "no-change",
  1,
  "The firewall does already what a plan would make it do.",
  {
    conduit: z.string(),
    firewall: z.string(),
    stage,
  },
);

export const plansDocument = published("plans", 1, "Several plans, in the order in which they are applied.", {
  plans: many(
    z.strictObject({
      conduit: z.string(),
      firewall: z.string(),
      stage,
      file: z.string().optional().describe("Absent where there is nothing to do"),
      id: hash.optional(),
    }),
  ),
});

export const approvalDocument = published(
  "approval",
  1,
  "A signature over a plan, and what is still missing.",
  {
    plan: hash,
    person: z.string(),
    file: z.string().describe("The signature, as ssh-keygen wrote it"),
    accepted: strings,
    rejected: many(z.strictObject({ person: z.string(), reason: z.string() })),
    open: many(
      z.strictObject({
        cause: z.enum(["monitor", "enforce", "broaden"]),
        count,
        roles: strings,
        missing: count,
      }),
    ).describe("Rules that are not met yet"),
    missing: count,
    expires: time,
  },
);

const rollout = {
  plan: hash,
  state: z.enum(["done", "refused", "verified-back", "revert-unproven", "confirmed-not-persisted"]),
  reasons: strings.optional().describe("Of a change that was refused"),
  cause: z.string().optional().describe("What ended a trial that went back"),
  reason: z.string().optional().describe("Why something is not proven, or not persisted"),
  boots: z.literal(true).optional().describe("A reboot loads what is not persisted in every respect"),
};

export const rolloutDocument = published("rollout", 1, "How a change ended.", rollout);

export const rolloutsDocument = published("rollouts", 1, "How several changes ended, one at a time.", {
  rollouts: many(z.strictObject(rollout)),
  notBegun: many(hash).describe("Plans behind the first that did not come to a good end"),
});

export const abortDocument = published("abort", 1, "The end of the trial that ran on a firewall.", {
  firewall: z.string(),
  plan: z.string().optional().describe("First digits of its plan; absent when no trial ran"),
  proven: z.boolean().describe("Whether the previous stage is what was read afterwards"),
});

export const rollbackDocument = published("rollback", 1, "What a rollback did.", {
  firewall: z.string(),
  kind: z.enum(["trial-ended", "restored", "nothing-to-restore", "not-kept"]),
  plan: z.string().optional(),
  number: count.optional().describe("The known-good that runs now"),
  numbers: many(count).optional().describe("The known-goods that are kept"),
  proven: z.boolean().optional(),
  persisted: z.boolean().optional(),
  troubles: strings.optional().describe("What the firewall could not write down, though the known-good runs"),
  seconds: z.number(),
});

export const knownGoodsDocument = published("known-goods", 1, "What a firewall can be taken back to.", {
  firewall: z.string(),
  current: count.optional().describe("Absent before first contact"),
  damage: z
    .string()
    .optional()
    .describe("To the index of the known-goods, or to its copy; the other one was read"),
  entries: many(
    z.strictObject({
      number: count,
      parent: count.optional().describe("What a rollback from here restores"),
      plan: z.string().optional().describe("Absent for what was there at first contact"),
      kept: time,
      text: z.enum(["whole", "changed", "gone"]).describe("Its text on the firewall, against what was kept"),
      pinned: z.strictObject({ by: z.string(), time, reason: z.string() }).optional(),
      conduits: many(z.strictObject({ conduit: z.string(), stage })),
    }),
  ),
});

export const bypassDocument = published("bypass", 1, "A conduit that is in monitor for a while.", {
  conduit: z.string(),
  seconds: count.describe("How long, from when it was taken"),
  firewalls: many(taken.extend({ until: time.optional() })),
});

export const isolationDocument = published("isolation", 1, "A zone that is cut off, or is not any more.", {
  zone: z.string(),
  ended: z.boolean(),
  lease: count.optional().describe("Seconds until the firewall ends it by itself"),
  seconds: z.number().describe("From the command to what was read from the last firewall"),
  firewalls: many(taken),
});

export const drillDocument = published("drill", 1, "A rehearsal of what ends a trial when nobody acts.", {
  firewall: z.string(),
  firings: many(firingSchema).describe("Each dead man: when it was to fire and when it did, in seconds"),
  problems: strings.describe("Empty when every dead man can be relied on"),
});

export const knownGoodChangeDocument = published(
  "known-good-change",
  1,
  "A known-good that was pinned, unpinned or mended.",
  {
    firewall: z.string(),
    action: z.enum(["pin", "unpin", "mend"]),
    number: count.optional().describe("Absent where all of them were mended"),
  },
);

export const driftDocument = published(
  "drift",
  1,
  "What runs and what a reboot loads, against the known-good.",
  {
    firewalls: many(
      z.strictObject({
        firewall: z.string(),
        knownGood: count.optional(),
        live: z.string().optional().describe("Text difference; absent when there is none"),
        boot: z.string().optional().describe("Text difference; absent when there is none"),
        bootIsLive: z.boolean(),
      }),
    ),
  },
);
