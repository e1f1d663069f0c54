// How values are written in every report.

/** `1,204,331`. */
export const grouped = (number: number): string => number.toLocaleString("en");

/** `1 flow`, `2 flows`, `no flow`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number === 0 ? "no" : grouped(number)} ${number === 1 || number === 0 ? one : many}`;

/** `a`, `a and b`, `a, b and c`. */
export const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** `2026-11-21 23:05 UTC` of an ISO 8601 time in UTC. */
export const minute = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;

/** `2 h`, `10 min`, `45 s`: seconds in the largest unit that fits, with one more where there is a rest. */
export function duration(seconds: number): string {
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const;
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return `${Number(seconds.toPrecision(2))} s`;
  const [unit, size] = units[first]!;
  const whole = unit === "s" ? Number(seconds.toPrecision(3)) : Math.floor(seconds / size);
  const next = units[first + 1];
  const rest = next && Math.floor((seconds - whole * size) / next[1]);
  return rest ? `${whole} ${unit} ${rest} ${next[0]}` : `${whole} ${unit}`;
}
