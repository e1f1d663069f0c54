import { printableLines } from "../diagnostics/printable.ts";

/** Markup that is safe to put on a page. Only the two functions here make it. */
export interface Html {
  readonly markup: string;
}

type Value = string | number | undefined | Html | readonly Html[];

/**
 * Markup from a template. Every value is text and appears as text, unless it is markup itself; an undefined one is
 * nothing. Attribute values in the template must stand in double quotes.
 */
export const html = (template: readonly string[], ...values: readonly Value[]): Html => ({
  markup: template.map((part, index) => part + markupOf(values[index])).join(""),
});

/** Markup of our own that must not be escaped: a style sheet, a program. */
export const verbatim = (markup: string): Html => ({ markup });

function markupOf(value: Value): string {
  if (value === undefined) return "";
  if (typeof value !== "object") return escaped(String(value));
  return "markup" in value ? value.markup : value.map(({ markup }) => markup).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML shows it: no markup, no control characters, nothing that turns the direction of reading. */
const escaped = (text: string): string => printableLines(text).replace(/[&<>"']/g, (sign) => entities[sign]!);
