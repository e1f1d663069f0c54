import { sha256 } from "../../src/digest.ts";
import { DriverError } from "../../src/target.ts";
import type { Host } from "./host.ts";

/** Prints a file, and `present` or `absent` on standard error. $1 file */
const readScript = `if [ -e "$1" ]; then cat -- "$1" && echo present >&2; else echo absent >&2; fi`;

/**
 * Writes standard input to a file so that a crash, or a wire that breaks half way, leaves the old content or the new;
 * prints what it wrote. $1 folder, $2 name, $3 mode, $4 SHA-256
 */
const writeScript = `set -e
mkdir -p "$1"
temporary=$(mktemp "$1/.sluice.XXXXXX")
trap 'rm -f "$temporary"' EXIT
cat > "$temporary"
if [ "$(sha256sum < "$temporary" | cut -c 1-64)" != "$4" ]; then echo "the file did not arrive whole" >&2; exit 1; fi
chmod "$3" "$temporary"
sync "$temporary"
mv -f "$temporary" "$1/$2"
sync "$1"
cat "$1/$2"`;

/** $1 folder, $2 name */
const removeScript = `set -e
rm -f "$1/$2"
if [ -d "$1" ]; then sync "$1"; fi`;

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

export async function readFile(host: Host, path: string): Promise<string | undefined> {
  const result = await host.try(readScript, [path]);
  if (result.code !== 0) throw new DriverError(`the host could not read ${path}: ${result.stderr.trim()}`);
  return result.stderr.trimEnd().endsWith("absent") ? undefined : result.stdout;
}

/** Resolves with what was read back. */
export const writeFile = (host: Host, path: string, content: string, mode: "600" | "755"): Promise<string> =>
  host.output(`write ${path}`, writeScript, [folderOf(path), nameOf(path), mode, sha256(content)], content);

export const removeFile = (host: Host, path: string): Promise<string> =>
  host.output(`remove ${path}`, removeScript, [folderOf(path), nameOf(path)]);
