/** The flag of a hardware key's signature that says that somebody touched the key (OpenSSH, PROTOCOL.u2f). */
const userPresent = 0x01;

/**
 * Whether the hardware key that made a signature was touched for it; undefined where the signature is of another kind of
 * key, or of none. `ssh-keygen -Y verify` does not look (sshd does, sshd(8) no-touch-required): without this, a program
 * on the laptop could have a key sign that is plugged in, and its person would not know.
 */
export function wasTouched(signature: string): boolean | undefined {
  const armor = /-----BEGIN SSH SIGNATURE-----([\sA-Za-z0-9+/=]*)-----END SSH SIGNATURE-----/.exec(signature);
  const wire = Buffer.from(armor?.[1] ?? "", "base64");
  // PROTOCOL.sshsig: magic, version, then strings: public key, namespace, reserved, hash, signature.
  const fields = strings(wire.subarray(10));
  const [type, , flags] = parts(fields[4] ?? Buffer.alloc(0));
  if (flags === undefined || !/^(webauthn-)?sk-/.test(type?.toString("latin1") ?? "")) return undefined;
  return (flags[0]! & userPresent) !== 0;
}

/** The type and the signature proper of a signature, and what follows them: of a hardware key its flags and counter. */
function parts(blob: Buffer): readonly Buffer[] {
  const [type, own] = strings(blob);
  if (type === undefined || own === undefined) return [];
  const rest = blob.subarray(8 + type.length + own.length);
  return rest.length === 0 ? [type, own] : [type, own, rest];
}

/** The strings that bytes begin with, each behind its length (RFC 4251, section 5). */
function strings(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return found;
}
