import { z } from "zod";
import { criterionTypeNames, criterionTypes } from "../criterion-types.ts";
import { date, duration, freeText, id, listOf, recordOf, timeOfDay } from "./text.ts";
import { addressText } from "./zones.ts";

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
    mode: z
      .enum(["active", "dry-run"])
      .optional()
      .describe("Whether it acts when it trips, or only says so. Default: active."),
    "per-minute": z
      .int()
      .min(0, { error: "a limit is 0 or more" })
      .max(1_000_000)
      .optional()
      .describe("So many packets or connections a minute are not a failure yet. Default: 0."),
    percent: z
      .int()
      .min(1, { error: "a percentage is 1 to 100" })
      .max(100, { error: "a percentage is 1 to 100" })
      .optional()
      .describe(
        "The share that is the limit. Default: 50 of the usual rate, 80 of the table of connections.",
      ),
    address: addressText.optional().describe("Where a probe connects to: one address."),
    port: z.int().min(1).max(65_535).optional().describe("The TCP port that a probe opens."),
    from: z
      .enum(["engineer", "firewall"])
      .optional()
      .describe("Whether the engineer's machine probes, or the firewall. Default: engineer."),
    "high-target-accepted": freeText
      .optional()
      .describe("Why a zone of SL-T 3 or 4 may be probed all the same. Without a reason it is refused."),
    file: z
      .string()
      .min(1)
      .max(255)
      .regex(/^[^\p{Cc}]*$/u, { error: "a path has no control characters" })
      .optional()
      .describe("A file on the engineer's machine that somebody else writes, from the site's folder."),
    expect: freeText.optional().describe('What the file says while all is well. Default: "ok".'),
    "stale-after": duration
      .optional()
      .describe("A file that was not written for longer says nothing. Default: 1m."),
    command: z
      .array(z.string().min(1).max(500))
      .min(1, { error: "this list is empty: name the program first" })
      .max(50)
      .optional()
      .describe(
        "A program on the engineer's machine with its words; no shell reads them. It ends with 0 while all is well, with 1 or 2 when not; any other end says nothing.",
      ),
  })
  .superRefine((criterion, context) => {
    const { parameters = [], needed = [] } = criterionTypes[criterion.type];
    for (const [key, value] of Object.entries(criterion)) {
      if (value === undefined || !ofSomeTypes.has(key) || parameters.includes(key)) continue;
      const named = criterionTypeNames.filter((type) => criterionTypes[type].parameters?.includes(key));
      const message = `only the type ${named.map((type) => `"${type}"`).join(" or ")} has this key`;
      context.addIssue({ code: "custom", path: [key], message });
    }
    for (const key of needed.filter((one) => !(one in criterion))) {
      const message = `a criterion of the type "${criterion.type}" needs "${key}"`;
      context.addIssue({ code: "custom", message });
    }
    if (criterion.type !== "external-signal") return;
    if ((criterion.file === undefined) === (criterion.command === undefined)) {
      context.addIssue({ code: "custom", message: 'an external signal is either a "file" or a "command"' });
    }
    for (const key of ["expect", "stale-after"] as const) {
      if (criterion.command === undefined || criterion[key] === undefined) continue;
      context.addIssue({
        code: "custom",
        path: [key],
        message: "only a file has this key, a command has not",
      });
    }
  });

const ofSomeTypes: ReadonlySet<string> = new Set(
  criterionTypeNames.flatMap((type) => criterionTypes[type].parameters ?? []),
);

export const criteriaSchema = recordOf(criterionSchema, "criterion");

/** Steps that make a quiet conduit speak during a trial. */
export const exerciseSchema = z.strictObject({
  do: freeText.describe("What somebody does in the plant, such as: start pump P3 by hand."),
  permits: listOf(id, "permit").describe("The permits that must then be heard, each in both directions."),
});

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
