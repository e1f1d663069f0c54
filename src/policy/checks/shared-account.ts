import type { Check } from "./check.ts";

/** Words that name a job or a desk, in the languages that control rooms write them. */
const jobs =
  /^(admin|administrator|root|user|guest|shared|operators?|operateur|bediener|leitstand|schicht|shift|team|service|maintenance|wartung|support|plc|scada|hmi|engineering|contractor)\d*$/i;

export const sharedAccount: Check = {
  id: "shared-account",
  severity: "error",
  about: "A person's entry names a job or a desk. A signature must say who signed.",
  fix: "write one entry for each person, with first and last name and a key of their own",
  clause: "IEC 62443-3-3 SR 1.1 RE 1",
  *run({ site }) {
    for (const { id, name, span } of site.people) {
      if (!name.split(" ").every((word) => jobs.test(word)) && !jobs.test(id)) continue;
      yield { subject: id, span, message: `"${id}" (${name}) is an account that several people share` };
    }
  },
};
