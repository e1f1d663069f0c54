import { SaxesParser } from "saxes";
import type { Outcome, Span } from "../../../src/diagnostics/diagnostic.ts";

/** An element and where it stands: offsets in the text, so that everything around it can stay as it is. */
export interface XmlElement {
  /** In lower case: pfSense reads names without regard to case. */
  readonly name: string;
  readonly start: number;
  /** Behind the opening tag, and before the closing one; both equal `end` where the element closes itself. */
  readonly innerStart: number;
  readonly innerEnd: number;
  readonly end: number;
  readonly children: readonly XmlElement[];
  /** Character data without the elements inside, trimmed as pfSense trims it. */
  readonly text: string;
  readonly span: Span;
}

/** Reads an XML document into a tree with offsets. The first fault is reported with its place. */
export function readXml(text: string, file: string): Outcome<XmlElement> {
  type Draft = { -readonly [Key in keyof XmlElement]: XmlElement[Key] } & { children: Draft[] };
  const parser = new SaxesParser({ fileName: file });
  const stack: Draft[] = [];
  let root: Draft | undefined;
  let fault: { readonly message: string; readonly span: Span } | undefined;
  const here = (): Span => ({ file, line: parser.line, column: parser.columnIndex + 1, length: 1 });
  parser.on("opentagstart", ({ name }) => {
    const start = text.lastIndexOf("<", parser.position - 1);
    const column = start - text.lastIndexOf("\n", start - 1);
    const span = { file, line: parser.line, column, length: name.length + 1 };
    const [innerStart, innerEnd, end] = [start, start, start];
    const element: Draft = {
      name: name.toLowerCase(),
      start,
      innerStart,
      innerEnd,
      end,
      children: [],
      text: "",
      span,
    };
    stack.at(-1)?.children.push(element);
    root ??= element;
    stack.push(element);
  });
  parser.on("opentag", () => {
    stack.at(-1)!.innerStart = parser.position;
  });
  parser.on("closetag", ({ isSelfClosing }) => {
    const element = stack.pop()!;
    element.end = parser.position;
    element.innerEnd = isSelfClosing ? element.end : text.lastIndexOf("<", element.end - 1);
    element.text = element.text.replace(/^[\t\r\n ]+|[\t\r\n ]+$/g, "");
  });
  const addText = (data: string): void => {
    const element = stack.at(-1);
    if (element) element.text += data;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("error", (error) => {
    // pfSense writes some texts with HTML's names of characters (&uuml;): they change no element.
    if (error.message.endsWith("undefined entity.")) return;
    fault ??= { message: error.message.replace(/^.*?\d+:\d+: /, ""), span: here() };
  });
  parser.write(text).close();
  if (root && !fault) return { value: root, diagnostics: [] };
  const { message, span } = fault ?? { message: "there is no element", span: here() };
  return {
    diagnostics: [{ code: "pfsense/not-xml", severity: "error", message: `not XML: ${message}`, span }],
  };
}

/** The first child of that name. */
export const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((one) => one.name === name);

/** The text of a child, or undefined when there is none. */
export const childText = (element: XmlElement | undefined, name: string): string | undefined =>
  child(element, name)?.text;
