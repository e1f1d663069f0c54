import { resolve } from "node:path";
import type { Role } from "../../policy/model.ts";
import { type Identity, readIdentity, readSigner } from "../../ssh/identity.ts";
import { fingerprint, type PublicKey, parsePublicKey } from "../../ssh/public-key.ts";
import { CommandError, type Context, exitCodes } from "../context.ts";
import { jsonFlag } from "../documents/document.ts";
import { siteFlag } from "../site-file.ts";

/** The option by which every command that acts learns who acts. */
export const identityFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  placeholder: "FILE",
  brief: "Your SSH key: a private key file, or a .pub file with the agent (default: $SLUICE_IDENTITY)",
} as const;

/** The options of every command that acts, or looks, as somebody. */
export const actingFlags = { site: siteFlag, identity: identityFlag, json: jsonFlag } as const;

export interface ActingFlags {
  readonly site?: string;
  readonly identity?: string;
  readonly json: boolean;
}

/** Who acts: a person of the site, and the key that proves it. */
export interface Actor {
  readonly person: { readonly id: string; readonly roles: readonly Role[] };
  readonly identity: Identity;
}

/** Finds the person whose key the identity is. @throws {CommandError} */
export function whoActs(
  context: Context,
  flag: string | undefined,
  people: readonly (Actor["person"] & { readonly keys: readonly string[] })[],
): Actor {
  const file = identityFile(context, flag);
  try {
    const identity = readIdentity(file, context.process.env.SSH_AUTH_SOCK);
    return { person: holderOf(identity.publicKey, file, people), identity };
  } catch (error) {
    throw error instanceof CommandError ? error : new CommandError((error as Error).message);
  }
}

/** @throws {CommandError} unless the actor has one of the roles that an act takes. */
export function requireRole({ person }: Actor, act: string, roles: readonly Role[]): void {
  if (person.roles.some((role) => roles.includes(role))) return;
  throw new CommandError(
    `${person.id} may not ${act}: it needs the role ${[...new Set(roles)].join(" or ")} (see people and rights in the site file)`,
  );
}

/** Who signs: a person, and the file of their key. They need not be able to connect with it. @throws {CommandError} */
export async function whoSigns<Someone extends { readonly keys: readonly string[] }>(
  context: Context,
  flag: string | undefined,
  people: readonly Someone[],
): Promise<{ readonly person: Someone; readonly file: string }> {
  const file = identityFile(context, flag);
  const key = await readSigner(file).catch((error: Error) => {
    throw new CommandError(error.message);
  });
  return { person: holderOf(key, file, people), file };
}

function identityFile(context: Context, flag: string | undefined): string {
  const file = flag ?? context.process.env.SLUICE_IDENTITY;
  // A variable that is set to nothing names nobody.
  if (file) return resolve(context.cwd, file);
  throw new CommandError(
    "no identity: name your SSH key with --identity FILE or in SLUICE_IDENTITY",
    exitCodes.usage,
  );
}

function holderOf<Someone extends { readonly keys: readonly string[] }>(
  { blob }: PublicKey,
  file: string,
  people: readonly Someone[],
): Someone {
  const person = people.find(({ keys }) => keys.some((key) => parsePublicKey(key).blob.equals(blob)));
  if (person) return person;
  throw new CommandError(
    `the key ${fingerprint(blob)} (${file}) belongs to nobody in the site file: add it under people`,
  );
}
