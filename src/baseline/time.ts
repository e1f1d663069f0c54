/** The last second of the year 9999: later ones have no ISO 8601 text of four digits for the year. */
export const latestTime = 253_402_300_799;

/** Seconds since 1970 as ISO 8601 in UTC with microseconds, or undefined for NaN. */
export function instant(seconds: number): string | undefined {
  if (Number.isNaN(seconds)) return undefined;
  const micros = Math.round(seconds * 1e6);
  const whole = Math.floor(micros / 1e6);
  const fraction = String(micros - whole * 1e6).padStart(6, "0");
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
