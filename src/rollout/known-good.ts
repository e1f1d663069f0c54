import { z } from "zod";
import type { FirewallRules } from "../compile/ir.ts";
import { sha256 } from "../digest.ts";
import { firewallRulesDocument, firewallRulesSchema } from "../plan/rules-document.ts";
import { type Driver, DriverError } from "../target.ts";

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
/** The text of a known-good is a file of its own too, for whoever stands before the firewall. */
export const textName = (number: number): string => `known-good/${String(number).padStart(4, "0")}.rules`;

/** The ring as it stands on the firewall; undefined before first contact. @throws {DriverError} when it is damaged. */
export async function readRing(driver: Pick<Driver, "readFile">): Promise<Ring | undefined> {
  const content = await driver.readFile(indexName);
  if (content === undefined) return undefined;
  const { seal, body } = splitSeal(content);
  if (seal !== sha256(body)) {
    throw new DriverError(`${indexName} on the firewall is damaged: its content does not fit its hash`);
  }
  const ring = indexSchema.safeParse(JSON.parse(body));
  if (!ring.success) throw new DriverError(`${indexName} on the firewall is not of this version of Sluice`);
  return ring.data;
}

export const currentOf = (ring: Ring): KnownGood =>
  ring.entries.find((entry) => entry.number === ring.current)!;

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
  const number = Math.max(...ring.entries.map((entry) => entry.number)) + 1;
  const entry = {
    number,
    parent: ring.current,
    plan,
    kept,
    text,
    boot: text,
    rules: rules as KnownGood["rules"],
  };
  return { ...ring, current: number, entries: [...ring.entries, entry] };
}

/** The ring with another entry as the current one, after a rollback to it. */
export const withCurrent = (ring: Ring, entry: KnownGood): Ring => ({ ...ring, current: entry.number });

/** Writes the ring: first the new text, last the index that names it. */
export async function writeRing(
  driver: Pick<Driver, "writeFile">,
  ring: Ring,
  absence: string,
): Promise<void> {
  const current = currentOf(ring);
  await driver.writeFile(textName(current.number), current.text ?? absence);
  const body = JSON.stringify(
    {
      ...ring,
      entries: ring.entries.map((entry) => ({ ...entry, rules: firewallRulesDocument(entry.rules) })),
    },
    undefined,
    1,
  );
  await driver.writeFile(indexName, `${sha256(body)}\n${body}\n`);
}

const splitSeal = (content: string): { readonly seal: string; readonly body: string } => ({
  seal: content.slice(0, 64),
  body: content.slice(65).trimEnd(),
});
