import { z } from "zod";
import { duration, listOf, timeOfDay } from "./text.ts";

export const weekday = z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);

export const windowSchema = z.strictObject({
  days: listOf(weekday, "day").describe("The days on which it opens."),
  from: timeOfDay.describe('When it opens, "HH:MM" on the site\'s clock.'),
  to: timeOfDay.describe('When it closes. Before "from" it closes on the next day.'),
});

const limit = z.int().min(0, { error: "a limit is 0 or more" }).max(1000);

export const criterionSchema = z.strictObject({
  type: z.enum(["flow-dropped", "heartbeat-lost"]).describe("What is measured."),
  interval: duration.describe("How often it is measured."),
  "failure-limit": limit
    .optional()
    .describe("Trips when more measurements than this failed. Default: no limit."),
  "consecutive-limit": limit
    .optional()
    .describe("Trips when more measurements than this failed in a row. Default: 0."),
  "on-no-data": z
    .enum(["fail", "hold", "ignore"])
    .optional()
    .describe("What no answer means. Default: fail."),
  severity: z
    .enum(["abort", "hold", "warn"])
    .optional()
    .describe("What happens when it trips. Default: abort."),
});

export const trialSchema = z.strictObject({
  lease: duration.optional().describe("How long a trial holds without renewal. Default: 120s."),
  "renew-every": duration.optional().describe("How often it is renewed. Default: 5s."),
  soak: duration.optional().describe("How long all criteria must hold before a confirm. Default: 10m."),
  maximum: duration.optional().describe("A trial that is not confirmed by then ends. Default: 1h."),
  reserve: duration.optional().describe("A trial ends this long before its window does. Default: 10m."),
});
