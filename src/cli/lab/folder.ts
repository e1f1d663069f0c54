import { dirname } from "node:path";
import { isLab, openLabFolder } from "../../lab/lab.ts";
import { LabError } from "../../lab/lab-error.ts";
import { type LabFolder, labFolder } from "../../lab/lab-folder.ts";
import { CommandError, type Context } from "../context.ts";

const usualFolder = "sluice-lab";

/** The flag that every lab command has. */
export const folderFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  brief: `Folder of the lab (default: the lab that you stand in, or ${usualFolder})`,
  placeholder: "FOLDER",
} as const;

/** Runs a step on a lab's folder; what the lab cannot do becomes the command's message. */
export async function withLab<T>(
  context: Context,
  path: string | undefined,
  step: (folder: LabFolder) => T | Promise<T>,
): Promise<T> {
  try {
    return await step(openLabFolder(context.cwd, path ?? labAround(context.cwd) ?? usualFolder));
  } catch (error) {
    if (error instanceof LabError) throw new CommandError(error.message);
    throw error;
  }
}

/** The lab whose folder, or a folder in it, is `folder`, as the engineer's repository is. */
function labAround(folder: string): string | undefined {
  if (isLab(labFolder(folder))) return folder;
  return folder === dirname(folder) ? undefined : labAround(dirname(folder));
}
