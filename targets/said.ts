import { DriverError } from "../src/target.ts";

/** What a script of ours printed, a word and what it says on each line, by the word. */
export function readSaid(printed: string): ReadonlyMap<string, readonly string[]> {
  const said = new Map<string, string[]>();
  for (const line of printed.split("\n")) {
    const [, word, rest] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (word === undefined) continue;
    const lines = said.get(word);
    if (lines) lines.push(rest!);
    else said.set(word, [rest!]);
  }
  return said;
}

/** @throws {DriverError} for what is not a whole number. */
export function wholeNumber(text: string | undefined): number {
  if (text !== undefined && /^\d+$/.test(text)) return Number(text);
  throw new DriverError(`the host answered something that is not understood: ${text ?? "nothing"}`);
}

/** The address in a line `client …`, as other listings write it: without a zone, and IPv4 as IPv4. */
export function clientIn(said: ReadonlyMap<string, readonly string[]>): { readonly client?: string } {
  const text = said
    .get("client")?.[0]
    ?.replace(/%.*$/, "")
    .replace(/^::ffff:(?=\d+\.)/, "");
  return text === undefined ? {} : { client: text };
}
