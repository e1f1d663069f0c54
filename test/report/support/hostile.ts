import fc from "fast-check";
import type { Report } from "../../../src/report/document.ts";

/** What somebody could write into a name, a reason or a log so that a reader's machine does something. */
const attacks = [
  "<script>owned = 1</script>",
  "<img src=x onerror=owned=1>",
  '"><svg onload="owned=1">',
  "' onmouseover='owned=1' x='",
  "</title></style></textarea><iframe src=javascript:owned=1>",
  "<!-- ",
  "]]>",
  "&lt;script&gt;",
  "javascript:owned=1",
  "\u001b[2J\u001b]0;owned\u0007",
  "\u009b31m",
  "\u202eexe.txt\u2066",
  "\u200b\ufeff\u2028\u2029",
  "$(touch owned)`touch owned`;rm -rf x",
  "=cmd|' /C calc'!A0",
  "@SUM(1+1)",
  '","=1+1","',
  "\r\nX: y",
  "\u0000\u0008\u007f",
  "\u{e0001}\u{e0041}",
] as const;

/** An attack between other text, whole or in pieces. */
export const hostile: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...attacks), fc.string({ unit: "binary", maxLength: 12 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(""));

/** A report with this text in every place where text can stand. */
export const hostileReport = (text: string): Report => ({
  schema: "sluice/review",
  version: 1,
  subject: text,
  title: text,
  summary: text,
  status: { text, tone: "warn" },
  sections: [
    {
      id: "section",
      title: text,
      clauses: [text],
      blocks: [
        { kind: "paragraph", text, role: "body" },
        { kind: "figures", items: [{ id: "figure", label: text, value: text }] },
        { kind: "facts", items: [{ term: text, value: { text, tone: "bad" }, code: true }] },
        {
          kind: "table",
          caption: text,
          columns: [
            { heading: text, kind: "choice" },
            { heading: text, kind: "code" },
          ],
          rows: Array.from({ length: 12 }, () => [text, { text, tone: "good" as const }]),
        },
        { kind: "list", items: [text] },
        { kind: "code", caption: text, text },
        {
          kind: "fold",
          title: text,
          blocks: [
            {
              kind: "diff",
              caption: text,
              rows: [{ kind: "change", before: { number: 1, text }, after: { number: 1, text } }],
            },
          ],
        },
        {
          kind: "diagram",
          caption: text,
          zones: [
            { id: text, level: 3, detail: text, lit: true },
            { id: `${text}2`, level: 1, detail: text, lit: false },
          ],
          conduits: [{ id: text, zones: [text, `${text}2`], stage: "enforce", lit: true }],
        },
      ],
    },
  ],
});
