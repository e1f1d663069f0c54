import { z } from "zod";
import { criterionTypeNames } from "../criterion-types.ts";
import { date, duration, freeText, listOf, recordOf, timeOfDay } from "./text.ts";

export const weekday = z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);

export const windowSchema = z
  .strictObject({
    days: listOf(weekday, "day").optional().describe("The days of the week on which it opens."),
    dates: listOf(date, "date").optional().describe("Dates on which it opens, beside its days."),
    except: listOf(date, "date").optional().describe("Dates on which it stays closed."),
    from: timeOfDay.describe('When it opens, "HH:MM" on the site\'s clock.'),
    to: timeOfDay.describe('When it closes. Before "from" it closes on the next day.'),
  })
  .refine(({ days, dates }) => days !== undefined || dates !== undefined, {
    error: 'a window needs "days" or "dates"',
  });

const limit = z.int().min(0, { error: "a limit is 0 or more" }).max(1000);

const criterionSchema = z
  .strictObject({
    type: z.enum(criterionTypeNames).describe("What is measured."),
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
    "per-minute": limit
      .optional()
      .describe('Only for "unknown-drops": so many packets a minute are not a failure yet. Default: 0.'),
  })
  .refine((criterion) => criterion["per-minute"] === undefined || criterion.type === "unknown-drops", {
    path: ["per-minute"],
    error: 'only the type "unknown-drops" counts per minute',
  });

export const criteriaSchema = recordOf(criterionSchema, "criterion");

export const cycleSchema = z.strictObject({
  length: duration.describe("How long one repetition takes."),
  phases: listOf(freeText, "phase").optional().describe("What happens in it, in this order."),
});

export const trialSchema = z.strictObject({
  lease: duration.optional().describe("How long a trial holds without renewal. Default: 120s."),
  "renew-every": duration.optional().describe("How often it is renewed. Default: 5s."),
  soak: duration.optional().describe("How long all criteria must hold before a confirm. Default: 10m."),
  maximum: duration.optional().describe("A trial that is not confirmed by then ends. Default: 1h."),
  reserve: duration.optional().describe("A trial ends this long before its window does. Default: 10m."),
});
