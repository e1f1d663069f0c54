/**
 * One POSIX shell command line out of words: each word arrives as it is, whatever it contains (POSIX.1-2017, Shell
 * Command Language 2.2.2). SSH has no way to pass words; the far login shell always parses a line.
 * @throws {Error} for a word with a NUL, which no command line can carry.
 */
export function quoteWords(argv: readonly string[]): string {
  return argv.map(quoteWord).join(" ");
}

function quoteWord(word: string): string {
  if (word.includes("\0")) throw new Error("a command word must not contain a NUL character");
  return /^[A-Za-z0-9_@%+:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
