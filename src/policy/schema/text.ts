import { z } from "zod";

/** Ids go into file names, shell words and the syntax of firewalls: nothing that means something there may pass. */
export const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, {
    error: "a name has 1 to 31 characters of a-z, 0-9 and -, and starts with a letter",
  })
  .meta({ description: "A name: 1 to 31 characters of a-z, 0-9 and -, starting with a letter." });

/** One line of free text. It may hold anything that can be printed, and never reaches a firewall unquoted. */
export const freeText = z
  .string()
  .overwrite((text) => text.replaceAll(/\s+/g, " ").trim())
  .min(1, { error: "this text is empty" })
  .max(500, { error: "this text is longer than 500 characters" })
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, {
    error: "this text has control or invisible characters in it",
  });

/** What was written stays a string; resolution turns it into seconds. */
export const duration = z.string().regex(/^(?=\d)(\d{1,5}d)?(\d{1,6}h)?(\d{1,7}m)?(\d{1,8}s)?$/, {
  error: "a duration is a number with its unit, such as 120s, 10m, 1h or 1h30m",
});

export const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, {
  error: 'a time of day is written "HH:MM", from "00:00" to "24:00"',
});

/** A day of the calendar that exists. */
export const date = z.iso.date({ error: "not a date of the calendar, written as YYYY-MM-DD" });

export const absolutePath = z.string().regex(/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)+$/, {
  error: "this is not an absolute path of letters, digits and . _ -",
});

/** A list with at least one entry: an empty set is never "any". */
export const listOf = <Item extends z.ZodType>(item: Item, what: string) =>
  z.array(item).min(1, { error: `this list is empty: name at least one ${what}` });

/** A mapping from ids with at least one entry. */
export const recordOf = <Item extends z.ZodType>(item: Item, what: string) =>
  z.record(id, item).refine((entries) => Object.keys(entries).length > 0, {
    error: `this section is empty: write at least one ${what}, or leave the section out`,
  });
