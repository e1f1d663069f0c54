import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Tally } from "./source.ts";

export const cutShortReason = "cut short by the end of the file";

/**
 * A file that ends inside a record (a full disk, a killed recorder) is still evidence up to there: the record is
 * rejected, and the engineer is told.
 */
export function cutShort(tally: Tally, record: string, at: number, length: number): Diagnostic {
  tally.reject(cutShortReason);
  return {
    code: "baseline/cut-short",
    severity: "warning",
    message:
      `the file ends inside ${record}, which starts at byte ${at} ` +
      `(${length < 0 ? `${-length} bytes are missing` : `only ${length} bytes of it are there`}); ` +
      "everything before it was used",
    fix: "find out why the recording stopped (disk full, recorder killed), and whether enough of the time is covered",
  };
}
