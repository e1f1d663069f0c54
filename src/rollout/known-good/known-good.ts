import { z } from "zod";
import type { FirewallRules } from "../../compile/ir.ts";
import { sha256 } from "../../digest.ts";
import { firewallRulesDocument, firewallRulesSchema } from "../../plan/rules-document.ts";
import { type Driver, DriverError } from "../../target.ts";

/** The ring on the firewall: a numbered line of configurations that were proven there, each with the one it came after. */
const indexSchema = z.strictObject({
  schema: z.literal("sluice/known-good"),
  version: z.literal(1),
  current: z.int().min(1),
  entries: z.array(
    z.strictObject({
      number: z.int().min(1),
      /** What a rollback from here restores; absent for what was there at first contact. */
      parent: z.int().min(1).optional(),
      /** Absent for what was there at first contact. */
      plan: z.string().optional(),
      kept: z.string(),
      /** It never makes room for a newer one. */
      pinned: z.strictObject({ by: z.string(), time: z.string(), reason: z.string() }).optional(),
      /** Of the whole of our part, and of the boot file; null where there was none. */
      text: z.string().nullable(),
      boot: z.string().nullable(),
      rules: firewallRulesSchema,
    }),
  ),
});
export type Ring = z.output<typeof indexSchema>;
export type KnownGood = Ring["entries"][number];

const indexName = "known-good/index.json";
/** The index once more, written behind it: of the two one is always whole, so no damage to a file takes the way back. */
const copyName = "known-good/index.copy.json";
/** The text of a known-good is a file of its own too, for whoever stands before the firewall. */
export const textName = (number: number): string => `known-good/${String(number).padStart(4, "0")}.rules`;

/**
 * The ring as it stands on the firewall, from the copy of its index where the index is damaged or gone; undefined before
 * first contact. @throws {DriverError} when neither is whole.
 */
export async function readRing(driver: Pick<Driver, "readFile">): Promise<Ring | undefined> {
  const index = await readIndex(driver, indexName);
  if (index.state === "whole") return index.ring;
  const copy = await readIndex(driver, copyName);
  if (copy.state === "whole") return copy.ring;
  if (index.state === "gone" && copy.state === "gone") return undefined;
  throw new DriverError(
    `${indexName} and ${copyName} on the firewall are damaged: their content does not fit its hash, so nothing in them is ` +
      "trusted. Put one back from a backup of that folder; or choose one of the texts beside them and load it at the " +
      "console, then keep both files elsewhere, remove our rules and boot file, and begin with monitor again",
  );
}

type StoredIndex = { readonly state: "gone" | "changed" } | { readonly state: "whole"; readonly ring: Ring };

async function readIndex(driver: Pick<Driver, "readFile">, name: string): Promise<StoredIndex> {
  const content = await driver.readFile(name);
  if (content === undefined) return { state: "gone" };
  const { seal, body } = splitSeal(content);
  if (seal !== sha256(body)) return { state: "changed" };
  const ring = indexSchema.safeParse(JSON.parse(body));
  if (!ring.success) throw new DriverError(`${name} on the firewall is not of this version of Sluice`);
  return { state: "whole", ring: ring.data };
}

/** Whether the index of a ring and its copy lie on the host as they were kept: the first that does not, as words. */
export async function damageToIndex(driver: Pick<Driver, "readFile">): Promise<string | undefined> {
  for (const name of [indexName, copyName]) {
    const { state } = await readIndex(driver, name);
    if (state !== "whole") return `${name} on the firewall is ${state}`;
  }
  return undefined;
}

export const currentOf = (ring: Ring): KnownGood =>
  ring.entries.find((entry) => entry.number === ring.current)!;

/** The highest number that is in use. */
export const newestOf = (ring: Ring): number => Math.max(...ring.entries.map((entry) => entry.number));

/** The known-good that a rollback restores, or undefined at first contact. */
export const parentOf = (ring: Ring): KnownGood | undefined => {
  const { parent } = currentOf(ring);
  return ring.entries.find((entry) => entry.number === parent);
};

/** Notes what was there before Sluice changed anything. */
export const firstRing = (
  rules: FirewallRules,
  text: string | undefined,
  boot: string | undefined,
  kept: string,
): Ring => ({
  schema: "sluice/known-good",
  version: 1,
  current: 1,
  entries: [
    {
      number: 1,
      kept,
      text: text ?? null,
      boot: boot ?? null,
      rules: { ...rules, conduits: [...rules.conduits] } as KnownGood["rules"],
    },
  ],
});

/** Adds what was confirmed and persisted. The same plan is kept once, however often this is repeated. */
export function keep(ring: Ring, plan: string, rules: FirewallRules, text: string, kept: string): Ring {
  if (currentOf(ring).plan === plan) return ring;
  const number = newestOf(ring) + 1;
  const entry = {
    number,
    parent: ring.current,
    plan,
    kept,
    text,
    boot: text,
    rules: rules as KnownGood["rules"],
  };
  return trimmed({ ...ring, current: number, entries: [...ring.entries, entry] });
}

/** So many known-goods are kept beside the first, the current one and those that are pinned. */
const ringSize = 12;

/** The ring without what has made room; who came after one that is gone now comes after its forerunner. */
function trimmed(ring: Ring): Ring {
  const newest = ring.entries
    .map(({ number }) => number)
    .toSorted((a, b) => b - a)
    .slice(0, ringSize);
  const stays = ({ number, pinned }: KnownGood): boolean =>
    newest.includes(number) || number === ring.current || number === 1 || pinned !== undefined;
  const kept = (number: number | undefined): number | undefined => {
    const entry = ring.entries.find((one) => one.number === number);
    return entry === undefined || stays(entry) ? entry?.number : kept(entry.parent);
  };
  return {
    ...ring,
    entries: ring.entries.filter(stays).map(({ parent, ...entry }) => {
      const before = kept(parent);
      return { ...entry, ...(before !== undefined && { parent: before }) };
    }),
  };
}

/** The ring with a pin set or taken away. */
export const withPin = (ring: Ring, number: number, pin: KnownGood["pinned"]): Ring => ({
  ...ring,
  entries: ring.entries.map((entry) => {
    if (entry.number !== number) return entry;
    const { pinned: _, ...rest } = entry;
    return { ...rest, ...(pin && { pinned: pin }) };
  }),
});

/** The ring with another entry as the current one, after a rollback to it. */
export const withCurrent = (ring: Ring, entry: KnownGood): Ring => ({ ...ring, current: entry.number });

/** What a ring is written with. */
type Writer = Pick<Driver, "readFile" | "writeFile" | "removeFile" | "undoByHand" | "undoLasts">;

/** Writes the ring: first the new text and the script that loads it, last the index that names it. */
export async function writeRing(driver: Writer, ring: Ring, absence: string): Promise<void> {
  const current = currentOf(ring);
  await driver.writeFile(textName(current.number), textOf(current, absence));
  await writeIndex(driver, ring, absence);
}

/** Writes every text anew from the index: of one that was changed or removed by hand, the index has a copy. */
export async function mendRing(driver: Writer, ring: Ring, absence: string): Promise<void> {
  for (const entry of ring.entries) {
    if ((await stateOfText(driver, entry, absence)) === "whole") continue;
    await driver.writeFile(textName(entry.number), textOf(entry, absence));
  }
  await writeIndex(driver, ring, absence);
}

async function writeIndex(driver: Writer, ring: Ring, absence: string): Promise<void> {
  const former = await driver.readFile(indexName);
  await driver.writeFile(undoName, undoScript(driver, ring, absence));
  const body = JSON.stringify(
    {
      ...ring,
      entries: ring.entries.map((entry) => ({ ...entry, rules: firewallRulesDocument(entry.rules) })),
    },
    undefined,
    1,
  );
  for (const name of [indexName, copyName]) await driver.writeFile(name, `${sha256(body)}\n${body}\n`);
  // Only what no index names any more is removed.
  for (const [, number] of (former ?? "").matchAll(/^ *"number": (\d+)/gm)) {
    if (ring.entries.some((entry) => entry.number === Number(number))) continue;
    await driver.removeFile(textName(Number(number)));
  }
}

export const textOf = (entry: KnownGood, absence: string): string => entry.text ?? absence;

/** Whether the text of a known-good lies on the host as it was kept. */
export async function stateOfText(
  driver: Pick<Driver, "readFile">,
  entry: KnownGood,
  absence: string,
): Promise<"whole" | "changed" | "gone"> {
  const found = await driver.readFile(textName(entry.number));
  if (found === undefined) return "gone";
  return sha256(found) === sha256(textOf(entry, absence)) ? "whole" : "changed";
}

/** The script on the firewall that goes back without Sluice. */
export const undoName = "undo.sh";

const lasting: Readonly<Record<Driver["undoLasts"], string>> = {
  "for good": "and a reboot loads it too",
  "until a reboot":
    "until the next reboot, which loads nothing of Sluice: put it back with Sluice before that",
};

/**
 * Shell for the console of the firewall: loads a known-good whose text is as it was kept. It needs
 * neither Sluice nor a network.
 */
function undoScript(driver: Pick<Driver, "undoByHand" | "undoLasts">, ring: Ring, absence: string): string {
  const known = ring.entries.map(({ number, kept }) => `${number} (${kept.slice(0, 16)})`).join(", ");
  return `#!/bin/sh
# Sluice: brings this firewall back to a known-good, at its console, without Sluice and without a network.
# Usage: sh undo.sh [NUMBER]; without a number, the one that was confirmed last. Written anew with every change.
case "\${1:-${ring.current}}" in
${ring.entries
  .map((entry) => {
    const name = String(entry.number).padStart(4, "0");
    return `  ${entry.number}) name=${name} sum=${sha256(textOf(entry, absence))} ;;`;
  })
  .join("\n")}
  *) echo "there is no such known-good; there are: ${known}" >&2; exit 1 ;;
esac
text="$(dirname "$0")/known-good/$name.rules"
found=$({ sha256sum < "$text" || sha256 -q "$text"; } 2> /dev/null | cut -c 1-64)
if [ "$found" != "$sum" ]; then
  echo "$text is changed or gone, and is not loaded: take another number. There are: ${known}" >&2
  exit 1
fi
set -e
${driver.undoByHand("known-good/$name.rules").join("\n")}
echo "known-good $name runs, ${lasting[driver.undoLasts]}"
`;
}

const splitSeal = (content: string): { readonly seal: string; readonly body: string } => ({
  seal: content.slice(0, 64),
  body: content.slice(65).trimEnd(),
});
