import { Buffer } from "node:buffer";
import { z } from "zod";

const types =
  "ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\\.com|sk-ecdsa-sha2-nistp256@openssh\\.com";
const line = new RegExp(`^(?:${types}) [A-Za-z0-9+/]{32,}={0,2}(?: [\\x20-\\x7e]*)?$`);

/** One OpenSSH public key line: type, base64 and perhaps a comment, with nothing before it. */
export const sshPublicKey = z
  .string()
  .max(2000)
  .regex(line, { error: 'this is not an OpenSSH public key line, such as "ssh-ed25519 AAAA… name"' })
  .refine((text) => namesItsOwnType(text), { error: "this key is damaged: its type and its content differ" });

/** The base64 part starts with the length and the name of the key's type (RFC 4253, section 6.6). */
function namesItsOwnType(text: string): boolean {
  const [type = "", base64 = ""] = text.split(" ");
  const blob = Buffer.from(base64, "base64");
  return blob.length > 4 && blob.subarray(4, 4 + blob.readUInt32BE(0)).toString("latin1") === type;
}
