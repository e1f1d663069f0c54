import type { Report } from "../report/document.ts";
import { printHtml } from "../report/print-html.ts";
import { printText } from "../report/print-text.ts";
import type { Context } from "./context.ts";
import { printJson } from "./documents/document.ts";
import { writeFileAtomic } from "./files.ts";
import { outputPath } from "./output-path.ts";

/** Columns where the output is no terminal. */
const usualWidth = 100;

/** Writes a report as a page where one is asked for, and prints it as JSON, or as text where no page was written. */
export function printReport(
  context: Context,
  report: Report,
  { page, format }: { readonly page: string | undefined; readonly format: "text" | "json" },
): void {
  const { stdout } = context.process;
  if (page !== undefined) writeFileAtomic(outputPath(context, page, "page"), printHtml(report));
  if (format === "json") printJson(context.process, report);
  else stdout.write(page === undefined ? printText(report, stdout.columns ?? usualWidth) : `wrote ${page}\n`);
}
