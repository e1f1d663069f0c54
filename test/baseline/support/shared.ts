import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Public captures and logs for test runs, beside the project; see its README for sources and licences. */
export const traffic = join(import.meta.dirname, "../../../../shared/data/traffic");

export const hasTraffic = existsSync(traffic);

/** What a test says in its name when it is skipped for lack of the captures. */
export const needsTraffic = hasTraffic ? "" : " [skipped: ../shared/data/traffic is missing]";

export function readTraffic(path: string): Uint8Array {
  const content = readFileSync(join(traffic, path));
  return path.endsWith(".gz") ? gunzipSync(content) : content;
}
