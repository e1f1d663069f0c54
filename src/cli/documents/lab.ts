import { z } from "zod";
import { published } from "./document.ts";
import { count, many } from "./parts.ts";

// What commands say about the lab.

export const labUpDocument = published("lab-up", 1, "A lab that runs.", {
  folder: z.string(),
  site: z.string(),
});
export const labDownDocument = published("lab-down", 1, "A lab that ended.", {
  folder: z.string(),
  kept: z.boolean(),
});
export const labRecordDocument = published("lab-record", 1, "A capture of the lab's traffic.", {
  file: z.string(),
  seconds: z.number(),
});
export const labFaultDocument = published("lab-fault", 1, "Something that was broken or mended in the lab.", {
  fault: z.string(),
  host: z.string().optional(),
});
export const labStatusDocument = published("lab-status", 1, "The lab's sessions.", {
  folder: z.string(),
  lab: z
    .strictObject({
      schema: z.literal("sluice/lab"),
      version: z.literal(1),
      mode: z.enum(["root", "user"]),
      pid: count,
      startTime: z.string(),
    })
    .optional(),
  sessions: many(
    z.strictObject({
      id: z.string(),
      client: z.string(),
      plc: z.string(),
      address: z.string(),
      forbidden: z.string().optional(),
      tally: z.strictObject({ polls: count, late: count, missed: count, longestGap: z.number() }),
      latest: z.enum(["ok", "late", "missed", "reopened"]).optional(),
    }),
  ),
});
