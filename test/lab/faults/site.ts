import { readFileSync, writeFileSync } from "node:fs";
import { parseDocument } from "yaml";
import type { Lab } from "../lab-fixture.ts";

/** The conduit that is changed. */
export const conduit = "it-cell1";
/** Seconds, of every trial here. */
export const lease = 6;

/** What somebody outside says of the plant: `ok`, something else, or nothing while the file is not there. */
export const signalFile = "signal";

/** Short times, and two criteria more: nobody else changes rules, and nobody outside says stop. */
export function prepareSite(file: string): void {
  const site = parseDocument(readFileSync(file, "utf8"));
  for (const [key, value] of Object.entries({ lease: `${lease}s`, soak: "2s", reserve: "0s" }))
    site.setIn(["trial", key], value);
  const every = { interval: "1s", severity: "abort" };
  site.setIn(["criteria", "drift"], { type: "drift", "on-no-data": "hold", ...every });
  site.setIn(["criteria", "outside"], {
    type: "external-signal",
    file: signalFile,
    "stale-after": "10h",
    "on-no-data": "hold",
    ...every,
  });
  writeFileSync(file, site.toString());
}

/** Makes a plan, and has it approved. Resolves with its file. */
export async function makePlan(lab: Lab, to: "monitor" | "enforce", plan: string): Promise<string> {
  const accepted = to === "enforce" ? " --accept coverage=Seconds" : "";
  await lab.engineer(
    `sluice plan ${conduit} --to ${to} -o ${plan}${accepted} && sluice approve ${plan} --identity ../keys/olaf`,
  );
  return plan;
}
