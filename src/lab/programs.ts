import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of the project, wherever in it this code was built to. */
export function projectRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** A program that the lab runs beside the command, such as its supervisor, as it was built. */
export const labProgram = (name: string): string => join(projectRoot(), "dist", "src", "lab", `${name}.js`);

/** The `sluice` command, as it was built. */
export const sluiceProgram = (): string => join(projectRoot(), "dist", "sluice", "main.js");
