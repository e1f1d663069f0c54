const seconds: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60, s: 1 };

/** Seconds of a duration as the schema lets it pass: `120s`, `10m`, `1h30m`, `2d`. */
export const durationSeconds = (text: string): number =>
  [...text.matchAll(/(\d+)([dhms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * seconds[unit!]!,
    0,
  );

/** The shortest text of a whole number of seconds, in the form that a site file uses. */
export function formatDuration(total: number): string {
  let rest = Math.round(total);
  const parts = Object.entries(seconds).map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? "" : `${count}${unit}`;
  });
  return parts.join("") || "0s";
}
