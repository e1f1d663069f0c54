import { createHash } from "node:crypto";

/** An OpenSSH public key: the type that stands in its line, and the wire form that is compared. */
export interface PublicKey {
  readonly type: string;
  readonly blob: Buffer;
}

/** Reads an OpenSSH public key line, `type base64 [comment]` (sshd(8), AUTHORIZED_KEYS). @throws {Error} */
export function parsePublicKey(line: string): PublicKey {
  const [type = "", encoded = ""] = line.trim().split(/\s+/);
  const blob = Buffer.from(encoded, "base64");
  const length = blob.length > 4 ? blob.readUInt32BE(0) : 0;
  // RFC 4253, section 6.6: the wire form starts with its own type, so a damaged line is seen here.
  if (type === "" || blob.toString("latin1", 4, 4 + length) !== type) {
    throw new Error("not an OpenSSH public key line (expected `ssh-ed25519 AAAA… comment`)");
  }
  return { type, blob };
}

/** The fingerprint as ssh-keygen prints it: `SHA256:` and base64 without padding. */
export const fingerprint = (blob: Buffer): string =>
  `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
