import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { printable } from "../../diagnostics/printable.ts";
import { signerLine } from "../../plan/approval.ts";
import type { Person } from "../../policy/model.ts";
import {
  headFileName,
  headMessage,
  journalNamespace,
  type SignedHead,
  signedHeadSchema,
} from "../../rollout/journal-head.ts";
import { sign, verify } from "../../ssh/signature.ts";
import { CommandError, type Context } from "../context.ts";
import { writeFileAtomic } from "../files.ts";
import type { Actor } from "./actor.ts";
import { onFirewall, type Place } from "./firewall.ts";
import { readJournalFile, stateName } from "./journal-file.ts";

const headsFolder = (folder: string): string => join(folder, stateName, "heads");

/**
 * Signs the end of the journal in the name of the actor, keeps the signature beside it and leaves it on the firewall,
 * in a file and in the host's log. What cannot be left is told: the change itself is over, and stands.
 */
export async function sealJournal(
  context: Context,
  folder: string,
  actor: Actor,
  place: Place | undefined,
): Promise<void> {
  await orWarn(context, "the end of the journal is not signed", async () => {
    const { head, faults } = readJournalFile(folder);
    if (faults[0]) throw new Error(`it is not whole: ${faults[0].message}`);
    const signature = await sign(actor.identity.file, journalNamespace, headMessage(head));
    const { number, hash } = head;
    const person = actor.person.id;
    const signed = { schema: "sluice/journal-head", version: 1, number, hash, person, signature } as const;
    mkdirSync(headsFolder(folder), { recursive: true });
    const name = `${String(number).padStart(8, "0")}-${person}.json`;
    writeFileAtomic(join(headsFolder(folder), name), `${JSON.stringify(signed, undefined, 2)}\n`);
    if (place === undefined) return;
    await orWarn(context, "the end of the journal is signed, but not left on the firewall", () =>
      leave(place, actor, signed),
    );
  });
}

async function orWarn(context: Context, what: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    context.process.stderr.write(`warning: ${what}: ${printable((error as Error).message)}\n`);
  }
}

const leave = (place: Place, actor: Actor, signed: SignedHead): Promise<void> =>
  onFirewall(place, actor.identity, async ({ driver }) => {
    await driver.writeFile(headFileName, `${JSON.stringify(signed)}\n`);
    await driver.note(`journal entry ${signed.number} ${signed.hash} by ${signed.person}`);
  });

/** The heads that were kept beside a journal, in the order of their entries. @throws {CommandError} for one that is damaged. */
export function readHeads(folder: string): readonly SignedHead[] {
  const heads = headsFolder(folder);
  if (!existsSync(heads)) return [];
  return readdirSync(heads)
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => readHead(readFileSync(join(heads, name), "utf8"), join(heads, name)));
}

/** The head that was left on a firewall; undefined when there is none. @throws {CommandError} */
export async function headOn(place: Place, actor: Actor): Promise<SignedHead | undefined> {
  const text = await onFirewall(place, actor.identity, ({ driver }) => driver.readFile(headFileName));
  return text === undefined ? undefined : readHead(text, `${headFileName} on ${place.id}`);
}

function readHead(text: string, name: string): SignedHead {
  try {
    return signedHeadSchema.parse(JSON.parse(text));
  } catch {
    throw new CommandError(`${name} is not a signed head of a journal: it was damaged or written by hand`);
  }
}

/** Who may have signed a journal's end, as an allowed-signers file. */
export const journalSigners = (people: readonly Pick<Person, "id" | "keys">[]): string =>
  people.flatMap(({ id, keys }) => keys.map((key) => signerLine(id, journalNamespace, key))).join("");

/** Parts heads into those that the person whom they name signed, with a key that the site file gives to them, and others. */
export async function judgeHeads(
  people: readonly Pick<Person, "id" | "keys">[],
  heads: readonly SignedHead[],
): Promise<{ readonly signed: readonly SignedHead[]; readonly unsigned: readonly SignedHead[] }> {
  const signers = journalSigners(people);
  const valid = await Promise.all(
    heads.map((head) => verify(signers, head.person, journalNamespace, head.signature, headMessage(head))),
  );
  return {
    signed: heads.filter((_, index) => valid[index]),
    unsigned: heads.filter((_, index) => !valid[index]),
  };
}

/** Why a head does not count. */
export const unsignedText = ({ number, person }: SignedHead): string =>
  `the signature of ${person} over entry ${number} does not fit a key that the site file gives to them`;
