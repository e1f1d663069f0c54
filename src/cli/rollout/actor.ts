import { resolve } from "node:path";
import type { Role } from "../../policy/model.ts";
import { type Identity, readIdentity } from "../../ssh/identity.ts";
import { fingerprint, parsePublicKey } from "../../ssh/public-key.ts";
import { CommandError, type Context, exitCodes } from "../context.ts";

/** The option by which every command that acts learns who acts. */
export const identityFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  placeholder: "FILE",
  brief: "Your SSH key: a private key file, or a .pub file with the agent (default: $SLUICE_IDENTITY)",
} as const;

export const siteFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  placeholder: "FILE",
  brief: "Site file (default: the nearest site.yaml)",
} as const;

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
  const file = flag ?? context.process.env.SLUICE_IDENTITY;
  if (file === undefined) {
    throw new CommandError("who are you? Give --identity FILE, or set SLUICE_IDENTITY", exitCodes.usage);
  }
  const identity = read(resolve(context.cwd, file), context.process.env.SSH_AUTH_SOCK);
  const { blob } = identity.publicKey;
  const person = people.find(({ keys }) => keys.some((key) => parsePublicKey(key).blob.equals(blob)));
  if (person) return { person, identity };
  throw new CommandError(
    `the key ${fingerprint(blob)} (${file}) is nobody's in the site file: add it under people`,
  );
}

function read(file: string, agentSocket: string | undefined): Identity {
  try {
    return readIdentity(file, agentSocket);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}
