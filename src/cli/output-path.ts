import { existsSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { CommandError, type Context } from "./context.ts";

/** The file that a command is to write. @throws {CommandError} where it cannot be, before any work was done for it. */
export function outputPath({ cwd }: Pick<Context, "cwd">, output: string): string {
  const file = resolve(cwd, output);
  const folder = dirname(file);
  if (!existsSync(folder)) {
    throw new CommandError(`${output}: there is no folder ${relative(cwd, folder)}: make it first`);
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CommandError(`${output} is a folder: name a file`);
  }
  return file;
}
