import { openLabFolder } from "../../lab/lab.ts";
import { LabError } from "../../lab/lab-error.ts";
import type { LabFolder } from "../../lab/lab-folder.ts";
import { CommandError, type Context } from "../context.ts";

/** The flag that every lab command has. */
export const folderFlag = {
  kind: "parsed",
  parse: String,
  default: "sluice-lab",
  brief: "Folder of the lab",
  placeholder: "folder",
} as const;

/** Runs a step on a lab's folder; what the lab cannot do becomes the command's message. */
export async function withLab<T>(
  context: Context,
  path: string,
  step: (folder: LabFolder) => T | Promise<T>,
): Promise<T> {
  try {
    return await step(openLabFolder(context.cwd, path));
  } catch (error) {
    if (error instanceof LabError) throw new CommandError(error.message);
    throw error;
  }
}
