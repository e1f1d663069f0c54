import { join } from "node:path";

/** Everything of one lab lies in one folder; nothing is written elsewhere. */
export interface LabFolder {
  readonly root: string;
  /** The process that holds the lab; written last of all, when the plant runs. */
  readonly state: string;
  /** Holder processes by host, as the supervisor numbers them. */
  readonly holders: string;
  readonly control: string;
  readonly log: string;
  /** The firewall's own disk: what outlives its reboot. */
  readonly disk: string;
  readonly polls: string;
  readonly keys: string;
  readonly bin: string;
  /** The engineer's repository. */
  readonly site: string;
}

export const labFolder = (root: string): LabFolder => ({
  root,
  state: join(root, "lab.json"),
  holders: join(root, "holders.json"),
  control: join(root, "control.sock"),
  log: join(root, "lab.log"),
  disk: join(root, "fw1"),
  polls: join(root, "polls"),
  keys: join(root, "keys"),
  bin: join(root, "bin"),
  site: join(root, "site"),
});

export const pollLog = (folder: LabFolder, session: string): string => join(folder.polls, `${session}.jsonl`);
