import type { CommandResult, Session } from "../../src/session.ts";
import { DriverError } from "../../src/target.ts";
import { type Listing, readFamily, readSets } from "./listing.ts";
import { type Clock, readClock } from "./recent.ts";
import { type Change, restoreText, undoText } from "./restore.ts";
import { usesSet } from "./ruleset.ts";
import { commitScript, listScript, probeSetsScript } from "./scripts.ts";

/** Loading a large ruleset on a small machine takes its time. */
const timeoutMs = 60_000;

/** Our part of a host at one moment. */
export interface Snapshot {
  readonly listing: Listing;
  readonly clock: Clock;
  /** Of IPv4 and IPv6: a change on top of this snapshot is refused when they are not these any more. */
  readonly digests: readonly [string, string];
  /** With the elements: the rules that count what no permit admits, as they stood after them. */
  readonly counted: string;
  /** With the elements: of the kernel that runs and its network, another after a reboot. */
  readonly boot: string;
}

/** What happens to a list of `-m recent` when a change is made. */
export type ListStep =
  | { readonly kind: "hold"; readonly list: string; readonly seconds: number; readonly gate: boolean }
  | { readonly kind: "finish"; readonly list: string };

/** What the driver needs of a host: fixed scripts with words and standard input. */
export interface Host {
  try(script: string, words?: readonly string[], stdin?: string): Promise<CommandResult>;
  /** @throws {DriverError} when the script fails, naming `what` could not be done. */
  output(what: string, script: string, words?: readonly string[], stdin?: string): Promise<string>;
  snapshot(show?: "elements"): Promise<Snapshot>;
  /** Whether records can be kept in sets here; tried once. */
  hasSets(): Promise<boolean>;
  /**
   * Makes a change on top of a snapshot. Resolves with "ended" when `lease` is given and does not hold any more, and
   * with "changed" when somebody else changed our part meanwhile.
   */
  commit(
    base: Snapshot,
    what: string,
    change: Change,
    lists?: readonly ListStep[],
    lease?: string,
  ): Promise<"done" | "ended" | "changed">;
}

export function createHost(session: Session): Host {
  const attempt: Host["try"] = (script, words = [], stdin) =>
    session.run(["sh", "-c", script, "sh", ...words], {
      timeoutMs,
      ...(stdin === undefined ? {} : { stdin }),
    });
  const output: Host["output"] = async (what, script, words, stdin) => {
    const result = await attempt(script, words, stdin);
    if (result.code === 0) return result.stdout;
    throw new DriverError(`the host could not ${what}: ${complaint(result)}`);
  };
  let sets: Promise<boolean> | undefined;
  const hasSets: Host["hasSets"] = () => {
    sets ??= attempt(inNamespace, [probeSetsScript]).then((result) => result.code === 0);
    return sets;
  };
  return {
    try: attempt,
    output,
    hasSets,
    snapshot: async (show) => readSnapshot(await output("list its rules", listScript, show ? [show] : [])),
    async commit(base, what, change, lists = [], lease) {
      const text = changeText(base.listing, (await hasSets()) ? change : withoutSets(change), lists);
      const result = await attempt(commitScript, [...base.digests, lease ?? ""], text);
      switch (result.code) {
        case 0:
          return "done";
        case 3:
          return "ended";
        case 75:
          return "changed";
        default:
          throw new DriverError(`the host could not ${what}: ${complaint(result)}`);
      }
    },
  };
}

/** Runs the script of $1 with the words behind it in a network namespace that ends with it. */
export const inNamespace = `script=$1
shift
unshare --net sh -c "$script" sh "$@"`;

/** The change on a host without sets: rules that would fill one are left out, and nothing else. */
const withoutSets = (change: Change): Change => ({
  ...change,
  write: change.write.map((chain) => ({ ...chain, rules: chain.rules.filter(({ text }) => !usesSet(text)) })),
  setsBefore: [],
});

const changeText = ({ families }: Listing, change: Change, lists: readonly ListStep[]): string =>
  [
    ["sets-before", lines(change.setsBefore ?? [])],
    ["iptables", restoreText(4, families[4], change)],
    ["ip6tables", restoreText(6, families[6], change)],
    ["undo-iptables", undoText(families[4], change)],
    ["lists", lines(lists.map(stepText))],
    ["sets-after", lines(change.setsAfter ?? [])],
    ["end", ""],
  ]
    .map(([name, content]) => `@${name}\n${content}`)
    .join("");

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join("");

const stepText = (step: ListStep): string =>
  step.kind === "finish"
    ? `finish ${step.list}`
    : `hold ${step.list} ${step.seconds}${step.gate ? " 0.0.0.0 ::" : ""}`;

/** Reads what `listScript` prints. */
export function readSnapshot(printed: string): Snapshot {
  const parts = new Map<string, string[]>();
  const lists: string[] = [];
  let part: string[] = [];
  for (const line of printed.split("\n")) {
    if (!line.startsWith("@")) {
      part.push(line);
      continue;
    }
    part = line.startsWith("@list ") ? lists : [];
    if (part === lists) lists.push(line);
    else parts.set(line, part);
  }
  const text = (name: string): string => (parts.get(`@${name}`) ?? []).join("\n");
  const digest = (tool: string): string =>
    new RegExp(`^@digest ${tool} (\\w+)$`, "m").exec(printed)?.[1] ?? "";
  return {
    listing: {
      families: { 4: readFamily(text("iptables")), 6: readFamily(text("ip6tables")) },
      sets: readSets(text("ipset")),
    },
    clock: readClock(text("uptime"), lists.join("\n")),
    digests: [digest("iptables"), digest("ip6tables")],
    counted: text("counted"),
    boot: text("boot").trim(),
  };
}

const complaint = (result: CommandResult): string =>
  (result.stderr.trim() || result.stdout.trim() || `exit code ${result.code}`).slice(0, 2_000);
