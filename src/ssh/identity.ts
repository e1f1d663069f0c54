import { existsSync, readFileSync } from "node:fs";
import ssh2 from "ssh2";
import { type PublicKey, parsePublicKey } from "./public-key.ts";
import { publicHalf } from "./signature.ts";

/** Who connects and signs: a key pair whose private half is in a file, or held by the agent. */
export interface Identity {
  /** As given by the user; `ssh-keygen -Y sign -f` takes the same file. */
  readonly file: string;
  readonly publicKey: PublicKey;
  readonly holder:
    | { readonly kind: "file"; readonly privateKey: Buffer }
    | { readonly kind: "agent"; readonly socket: string };
}

/**
 * Reads an identity from an OpenSSH private key, or from a `.pub` file whose private half the agent at
 * `agentSocket` holds. @throws {Error} with a message for the engineer.
 */
export function readIdentity(file: string, agentSocket: string | undefined): Identity {
  const content = readText(file);
  if (!content.includes("PRIVATE KEY-----")) return agentIdentity(file, content, agentSocket);
  const key = ssh2.utils.parseKey(content);
  if (key instanceof Error) {
    if (/passphrase|encrypted/i.test(key.message)) {
      throw new Error(
        `the identity ${file} has a passphrase: add it to the agent (ssh-add ${file}) and give ${file}.pub instead`,
      );
    }
    throw new Error(`the identity ${file} is not a private key that can be used: ${key.message}`);
  }
  const publicKey = parsePublicKey(`${key.type} ${key.getPublicSSH().toString("base64")}`);
  return { file, publicKey, holder: { kind: "file", privateKey: Buffer.from(content) } };
}

/**
 * The public half of an identity that is to sign and not to connect: ssh-keygen signs with more keys than an SSH client
 * can use, such as the file of a key on a hardware token. @throws {Error} with a message for the engineer.
 */
export async function readSigner(file: string): Promise<PublicKey> {
  const beside = `${file}.pub`;
  const content = readText(file);
  if (!content.includes("PRIVATE KEY-----")) return parseLine(file, content);
  return parseLine(file, existsSync(beside) ? readText(beside) : await publicHalf(file));
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "it does not exist" : code === "EISDIR" ? "it is a folder" : code;
    throw new Error(`cannot read the identity ${file}: ${why}`);
  }
}

function agentIdentity(file: string, line: string, socket: string | undefined): Identity {
  const publicKey = parseLine(file, line);
  if (socket === undefined) {
    throw new Error(`${file} is a public key, and no SSH agent runs (SSH_AUTH_SOCK is not set)`);
  }
  return { file, publicKey, holder: { kind: "agent", socket } };
}

function parseLine(file: string, line: string): PublicKey {
  try {
    return parsePublicKey(line);
  } catch (error) {
    throw new Error(`the identity ${file} is ${(error as Error).message}, nor a private key`);
  }
}
