import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, parseDocument } from "yaml";
import type { FirewallTarget } from "./firewall-kind.ts";
import { LabError } from "./lab-error.ts";
import type { LabFolder } from "./lab-folder.ts";
import { projectRoot, sluiceProgram } from "./programs.ts";

/** Whether the engineer's repository already holds the decisions, or they are still to be made. */
export type Decisions = "open" | "taken";

/** The people of the lab plant, by their id in its site file. */
export const people = ["eva", "olaf"] as const;

/** Makes a fresh key pair and gives its public half, one OpenSSH line. */
function makeKey(folder: string, name: string): string {
  const file = join(folder, name);
  const words = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file];
  const made = spawnSync("ssh-keygen", words, { encoding: "utf8" });
  if (made.status !== 0) throw new LabError(`ssh-keygen cannot make a key: ${made.stderr.trim()}`);
  return readFileSync(`${file}.pub`, "utf8").trim();
}

/** Makes the keys of the firewall and of everybody in the lab, by name. */
export function makeKeys(folder: LabFolder): ReadonlyMap<string, string> {
  mkdirSync(folder.keys, { mode: 0o700 });
  return new Map(["fw1", ...people].map((name) => [name, makeKey(folder.keys, name)]));
}

/** Writes the engineer's repository: the lab plant that the project ships, with the keys of this lab. */
export function writeSiteFolder(
  folder: LabFolder,
  keys: ReadonlyMap<string, string>,
  decisions: Decisions,
  target: FirewallTarget,
): void {
  const source = join(projectRoot(), "rulesets", "lab-plant");
  mkdirSync(join(folder.site, "baseline"), { recursive: true });
  const document = parseDocument(readFileSync(join(source, "site.yaml"), "utf8"));
  document.setIn(["firewalls", "fw1", "target"], target);
  document.setIn(["firewalls", "fw1", "ssh", "host-keys"], [keys.get("fw1")]);
  const today = new Date().toISOString().slice(0, 10);
  for (const person of people) {
    document.setIn(["people", person, "keys"], [keys.get(person)]);
    document.setIn(["people", person, "reviewed"], today);
  }
  if (decisions === "open") {
    const conduits = document.get("conduits");
    if (!isMap(conduits)) throw new Error("rulesets/lab-plant/site.yaml has no conduits");
    for (const { value } of conduits.items) {
      if (isMap(value)) for (const key of ["permits", "denied"]) value.delete(key);
    }
    document.commentBefore =
      " The lab plant, as an engineer starts with it: zones and conduits, and no decision yet.";
  } else {
    cpSync(join(source, "baseline"), join(folder.site, "baseline"), { recursive: true });
  }
  writeFileSync(
    join(folder.site, "site.yaml"),
    document.toString({ lineWidth: 110, flowCollectionPadding: false }),
  );
}

/** Puts `sluice` into the PATH of the lab's hosts. */
export function writeLauncher(folder: LabFolder): void {
  const file = join(folder.bin, "sluice");
  mkdirSync(folder.bin);
  const words = [process.execPath, sluiceProgram()].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  writeFileSync(file, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`);
  chmodSync(file, 0o755);
}
