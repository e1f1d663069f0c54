import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer, type Server } from "node:net";

// A hardware key without the hardware: an SSH agent (draft-miller-ssh-agent) that holds one key of the type
// sk-ssh-ed25519@openssh.com and signs as an authenticator does (OpenSSH, PROTOCOL.u2f). ssh-keygen is the real one.

const type = "sk-ssh-ed25519@openssh.com";
const application = "ssh:";

const string = (bytes: string | Uint8Array): Buffer => {
  const content = Buffer.from(bytes);
  return Buffer.concat([uint32(content.length), content]);
};
const uint32 = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
};
const userPresent = 1;
const sha256 = (bytes: string | Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

export interface SecurityKey {
  /** As it stands in a `.pub` file and in a site file. */
  readonly line: string;
  /** Serves it as an agent on this socket. */
  serve(socket: string): Promise<Server>;
}

/** A key that is touched for every signature, or for none (made with `ssh-keygen -O no-touch-required`). */
export function securityKey(comment: string, { touched }: { readonly touched: boolean }): SecurityKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  // The last 32 bytes of the SubjectPublicKeyInfo are the key (RFC 8410).
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const blob = Buffer.concat([string(type), string(point), string(application)]);
  let counter = 0;
  const failure = Buffer.from([5]);
  function answer(message: Buffer): Buffer {
    switch (message[0]) {
      case 11:
        return Buffer.concat([Buffer.from([12]), uint32(1), string(blob), string(comment)]);
      case 13: {
        const wanted = message.subarray(5, 5 + message.readUInt32BE(1));
        const at = 5 + wanted.length;
        const data = message.subarray(at + 4, at + 4 + message.readUInt32BE(at));
        return wanted.equals(blob) ? Buffer.concat([Buffer.from([14]), string(signature(data))]) : failure;
      }
      default:
        return failure;
    }
  }
  function signature(data: Buffer): Buffer {
    counter += 1;
    const rest = Buffer.concat([Buffer.from([touched ? userPresent : 0]), uint32(counter)]);
    const signed = sign(null, Buffer.concat([sha256(application), rest, sha256(data)]), privateKey);
    return Buffer.concat([string(type), string(signed), rest]);
  }
  return {
    line: `${type} ${blob.toString("base64")} ${comment}`,
    serve: (socket) =>
      new Promise((resolve) => {
        const server = createServer((wire) => {
          let heard = Buffer.alloc(0);
          wire.on("data", (bytes) => {
            heard = Buffer.concat([heard, bytes]);
            while (heard.length >= 4 && heard.length >= 4 + heard.readUInt32BE(0)) {
              const length = heard.readUInt32BE(0);
              wire.write(string(answer(heard.subarray(4, 4 + length))));
              heard = heard.subarray(4 + length);
            }
          });
        }).listen(socket, () => resolve(server));
      }),
  };
}
