import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { bytesAt } from "./bytes-at.ts";
import { CommandError, type Context } from "./context.ts";

/** How the files begin that commands write; a capture is one of tcpdump's, in either byte order. */
const beginnings = {
  baseline: /^\{\s*"schema":\s*"sluice\/baseline"/,
  capture: /^(\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4)/,
  page: /^<!doctype html>/i,
  plan: /^\{\s*"schema":\s*"sluice\/plan"/,
} as const;

/**
 * The file that a command is to write, which may replace one of the same kind, if one is given, and nothing else: a slip
 * such as `-o site.yaml` must not cost a plant its site file. @throws {CommandError} before any work was done
 */
export function outputPath(
  { cwd }: Pick<Context, "cwd">,
  output: string,
  kind?: keyof typeof beginnings,
): string {
  const file = resolve(cwd, output);
  const folder = dirname(file);
  if (!existsSync(folder))
    throw new CommandError(`${output}: the folder ${folder} does not exist; make it first`);
  const there = statSync(file, { throwIfNoEntry: false });
  if (there?.isDirectory()) throw new CommandError(`${output} is a folder: name a file`);
  if (
    there?.isFile() &&
    there.size > 0 &&
    !(kind && beginnings[kind].test(bytesAt(file, 0, 200).toString("latin1")))
  ) {
    const other = kind ? ` and is not a ${kind}` : "";
    throw new CommandError(`${output} exists${other}; it is not overwritten: name another file`);
  }
  return file;
}
