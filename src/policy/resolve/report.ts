import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { type Path, type Source, valueAt } from "../source/source.ts";

/** What resolution works with: where things are written, and where to put what is wrong. */
export interface Resolution {
  readonly source: Source;
  readonly diagnostics: Diagnostic[];
}

type Extra = Partial<Pick<Diagnostic, "fix" | "clause" | "related">>;

/** Notes an error about the value at a path. */
export function reportValue(
  to: Resolution,
  code: string,
  path: Path,
  message: string,
  extra: Extra = {},
): void {
  to.diagnostics.push({ code, severity: "error", message, span: to.source.locate(path, "value"), ...extra });
}

/** Notes an error about the entry at a path; the mark stands under its name. */
export function reportKey(
  to: Resolution,
  code: string,
  path: Path,
  message: string,
  extra: Extra = {},
): void {
  to.diagnostics.push({ code, severity: "error", message, span: to.source.locate(path, "key"), ...extra });
}

/** The file has an entry there, though it may be one that the schema refused: then there is nothing more to say. */
export const isWritten = ({ source }: Resolution, path: Path): boolean =>
  valueAt(source.value, path) !== undefined;
