import type { Diagnostic, Span } from "../../../src/diagnostics/diagnostic.ts";

/** The text is no dump of iptables-save. Caught by `readForeign`, where it becomes the one diagnostic. */
export class Unreadable extends Error {
  readonly diagnostic: Diagnostic;
  constructor(message: string, span: Span) {
    super(message);
    const fix = 'give the output of "iptables-save" or "ip6tables-save"';
    this.diagnostic = { code: "import/unreadable", severity: "error", message, span, fix };
  }
}

/** A word of a rule; what stood in quotes is never an option. */
export interface Word {
  readonly text: string;
  readonly quoted: boolean;
  readonly span: Span;
}

/** No other space than blanks and tabs ends a word. */
const lexeme = /"((?:[^"\\]|\\.)*)"|'([^']*)'|[^ \t]+/g;

export const wordsOf = (text: string, file: string, line: number): readonly Word[] =>
  [...text.matchAll(lexeme)].map((match) => {
    const inner = match[1]?.replaceAll(/\\(.)/g, "$1") ?? match[2];
    return {
      text: inner ?? match[0],
      quoted: inner !== undefined,
      span: { file, line, column: match.index + 1, length: match[0].length },
    };
  });

/** An option of a rule with its values, and whether a `!` stands before it. */
export interface Option {
  readonly name: string;
  readonly negated: boolean;
  readonly values: readonly string[];
  readonly span: Span;
}

/** Options whose value somebody chose: it may look like an option, and iptables-save puts few of them into quotes. */
const free: ReadonlySet<string> = new Set(
  "--comment --name --helper --string --hex-string --hashlimit-name --match-set --log-prefix --nflog-prefix".split(
    " ",
  ),
);

/** Splits a rule into its options: a value is every word that is no option itself. */
export function optionsOf(words: readonly Word[]): readonly Option[] {
  const options: { name: string; negated: boolean; values: string[]; span: Span }[] = [];
  let negated = false;
  for (const { text, quoted, span } of words) {
    const last = options.at(-1);
    const isFree = last !== undefined && last.values.length === 0 && free.has(last.name);
    const isOption = !quoted && !isFree && /^--?[a-zA-Z]/.test(text);
    if (!quoted && !isFree && text === "!") negated = true;
    else if (isOption) {
      options.push({ name: text, negated, values: [], span });
      negated = false;
    } else if (last) {
      // Before 1.4.3 the exclamation mark stood behind the option.
      if (negated) last.negated = true;
      negated = false;
      last.values.push(text);
    } else throw new Unreadable(`"${text}" is no option of a rule`, span);
  }
  return options;
}
