import { didYouMean } from "../suggest.ts";
import { type Resolution, reportValue } from "./report.ts";

/** An IANA name that this computer's time zone database knows. A fixed offset is refused: it knows no summer time. */
export const isTimeZone = (name: string): boolean =>
  name === "UTC" || (/^[A-Za-z]+\//.test(name) && isKnown(name));

export function resolveTimeZone(to: Resolution, name: string): string {
  if (isTimeZone(name)) return name;
  const fix =
    didYouMean(name, Intl.supportedValuesOf("timeZone")) ?? 'write an IANA name, such as "Europe/Zurich"';
  reportValue(to, "site/unknown-time-zone", ["site", "timezone"], `there is no time zone "${name}"`, { fix });
  return name;
}

function isKnown(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
