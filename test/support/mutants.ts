import type { Program } from "../../src/compile/program.ts";
import { formatPacket } from "../../src/net/packet.ts";
import type { ForeignReader } from "../../src/target.ts";
import { createReadings } from "../../src/verify/readings.ts";
import { unlimited } from "./policies.ts";

/** A text with one small change, as a careless edit or a merge makes them. */
export interface Mutant {
  readonly text: string;
  readonly line: string;
  readonly change: string;
}

/**
 * Every line removed, repeated and swapped with the next, and every word replaced.
 * @param wordsFor what else could stand there instead of a word.
 * @param swappable lines that may stand in another order without breaking the form of the text.
 * @param words what is a word; global.
 */
export function mutantsOf(
  text: string,
  wordsFor: (word: string) => readonly string[],
  swappable: RegExp,
  words = /[^\s"\\[\]{};]+/g,
): readonly Mutant[] {
  const lines = text.split("\n");
  const mutants: Mutant[] = [];
  const add = (at: number, replaced: readonly string[], change: string): void => {
    mutants.push({ text: lines.toSpliced(at, 1, ...replaced).join("\n"), line: lines[at]!.trim(), change });
  };
  for (const [at, line] of lines.entries()) {
    if (/^\s*(#(?!ipset)|$)/.test(line)) continue;
    add(at, [], "removed");
    add(at, [line, line], "repeated");
    const next = lines[at + 1]!;
    if (swappable.test(line) && swappable.test(next)) {
      const swapped = lines.with(at, next).with(at + 1, line);
      mutants.push({ text: swapped.join("\n"), line: line.trim(), change: `swapped with "${next.trim()}"` });
    }
    for (const word of line.matchAll(words)) {
      for (const other of wordsFor(word[0])) {
        const changed = line.slice(0, word.index) + other + line.slice(word.index + word[0].length);
        add(at, [changed], `"${word[0]}" -> "${other}"`);
      }
    }
  }
  return mutants;
}

/** A second judge of texts of ours, which shares nothing with our own reader. */
export interface OtherReader {
  /** A packet, or a reason, by which a text differs from what was meant; undefined where both say the same of all. */
  differs(text: string, meant: Meant): string | undefined;
}

/** The text that is right, and what our own reader says that it does. */
export interface Meant {
  readonly text: string;
  readonly program: Program;
}

/**
 * The reader of other people's rulesets as the second judge.
 * @param listed what of a text the host would list: a listing has no commands around its tables.
 */
export const otherReader = ({ read }: ForeignReader, listed: (text: string) => string): OtherReader => ({
  differs(text, { program }) {
    const { value, diagnostics } = read(listed(text), "mutant");
    if (!value) return diagnostics[0]?.message ?? "not read";
    const own = { gates: [{ name: "own", program }], unmodelled: [] };
    const packet = createReadings([own, value], [], [], unlimited).apart(own, value);
    return packet && formatPacket(packet);
  },
});
