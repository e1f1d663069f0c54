import { Buffer } from "node:buffer";

const prefix = Buffer.from("\0\0\0\u000bssh-ed25519\0\0\0 ", "latin1");

/** A well-formed key that nobody can hold, for files that are still to be filled in. `mark` tells several apart. */
export const placeholderKey = (mark: number, comment: string): string =>
  `ssh-ed25519 ${Buffer.concat([prefix, Buffer.alloc(32, mark)]).toString("base64")} ${comment}`;

/** Whether a public key line is such a key: 32 equal bytes. */
export function isPlaceholderKey(line: string): boolean {
  const key = Buffer.from(line.split(" ")[1] ?? "", "base64").subarray(prefix.length);
  return key.length === 32 && key.every((byte) => byte === key[0]);
}
