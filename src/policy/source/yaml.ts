import { type Document, LineCounter, type Node, parseDocument } from "yaml";
import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";

/** A parsed text that knows where its nodes stand. */
export interface YamlText {
  readonly document: Document<Node>;
  /** Where `text[from, to)` stands; cut at the end of its first line. */
  span(from: number, to: number): Span;
}

/**
 * Parses one YAML 1.2 text. A text with syntax errors gives diagnostics only. Duplicate keys are left to the reader
 * of values: the library compares every key with every other.
 */
export function parseYaml(text: string, file: string): YamlText | readonly Diagnostic[] {
  const lines = new LineCounter();
  const span = (from: number, to: number): Span => {
    const { line, col } = lines.linePos(from);
    const length = text.slice(from, to).search(/\r?\n|$/);
    return { file, line: Math.max(1, line), column: Math.max(1, col), length: Math.max(1, length) };
  };
  const fault = (code: string, message: string, at: Span, fix?: string): Diagnostic => ({
    code,
    severity: "error",
    message,
    span: at,
    ...(fix !== undefined && { fix }),
  });

  const options = { lineCounter: lines, uniqueKeys: false, prettyErrors: false, schema: "core" } as const;
  const document = parseDocument(text, options) as Document<Node>;
  if (document.errors.some(({ code }) => code === "RESOURCE_EXHAUSTION")) {
    // How deep the library can go depends on the stack, so that its own place would say nothing.
    const message = "lists and mappings are nested too deeply for a site file";
    return [fault("site/nesting", message, { file, line: 1, column: 1, length: 1 })];
  }
  const version = document.directives?.yaml;
  if (version?.explicit === true && version.version !== "1.2") {
    const message = 'a site file is YAML 1.2: in older versions "no" is false and "02:00" is 120';
    return [fault("site/yaml-version", message, span(0, text.length), "remove the %YAML line")];
  }
  const tabs = document.errors.filter(({ code }) => code === "TAB_AS_INDENT");
  // All that the library says below a tab is a consequence of it.
  const faults = tabs.length > 0 ? tabs : [...document.errors, ...document.warnings];
  const problems = faults.map(({ code, message, pos }) => {
    const [bracket] = /(?<=end with a )[\]}]/.exec(message) ?? [];
    if (bracket !== undefined)
      return fault("site/yaml", unclosed[bracket]!, span(...pos), `write the ${bracket} where it ends`);
    return fault("site/yaml", messages[code] ?? sentence(message), span(...pos), fixes[code]);
  });
  return problems.length > 0 ? problems : { document, span };
}

const sentence = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1);

/** Where the library speaks to programmers. */
const messages: Readonly<Partial<Record<string, string>>> = {
  MULTIPLE_DOCS: "this file holds several documents",
};

const unclosed: Readonly<Partial<Record<string, string>>> = {
  "]": "a list that was opened above with [ does not end before this",
  "}": "a mapping that was opened above with { does not end before this",
};

const fixes: Readonly<Partial<Record<string, string>>> = {
  TAB_AS_INDENT: "indent with spaces",
  MULTIPLE_DOCS: 'keep one document in a file: remove the "---" in the middle',
  TAG_RESOLVE_FAILED: "leave out the tag",
};
