import type { XmlElement } from "./xml.ts";

/** A stretch of a text and what takes its place. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Applies edits that do not overlap; every other character stays. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let [result, at] = ["", 0];
  for (const edit of edits.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    result += text.slice(at, edit.from) + edit.text;
    at = edit.to;
  }
  return result + text.slice(at);
}

/**
 * Takes elements out, so that what was inserted by `insertion` leaves no trace: neighbours among them go together,
 * with the white space behind them, or before them where nothing follows in their parent.
 */
export function removals(text: string, parent: XmlElement, elements: readonly XmlElement[]): readonly Edit[] {
  const runs: { from: number; to: number }[] = [];
  for (const element of elements) {
    const last = runs.at(-1);
    if (last && text.slice(last.to, element.start).trim() === "") last.to = element.end;
    else runs.push({ from: element.start, to: element.end });
  }
  return runs.map(({ from, to }) => {
    const behind = to + /^\s*/.exec(text.slice(to, parent.innerEnd))![0].length;
    if (behind < parent.innerEnd) return { from, to: behind, text: "" };
    const before = /\s*$/.exec(text.slice(parent.innerStart, from))![0].length;
    return { from: from - before, to, text: "" };
  });
}

/** Puts elements before `next`, or before what else their parent holds, such as a comment, each on a line of its own. */
export function insertion(
  text: string,
  parent: XmlElement,
  next: XmlElement | undefined,
  elements: readonly string[],
): Edit {
  const blank = /^\s*/.exec(text.slice(parent.innerStart, parent.innerEnd))![0].length;
  const start = next?.start ?? parent.innerStart + blank;
  if (start === parent.innerEnd) {
    return {
      from: parent.innerStart,
      to: parent.innerStart,
      text: elements.map((one) => `\n\t\t${one}`).join(""),
    };
  }
  const before = /\s*$/.exec(text.slice(0, start))![0] || "\n\t\t";
  return { from: start, to: start, text: elements.map((one) => one + before).join("") };
}
