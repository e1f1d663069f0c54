import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wasTouched } from "./user-presence.ts";

/**
 * Signs a message with `ssh-keygen -Y sign`: the key of the identity file, or the agent's for a `.pub` file.
 * @throws {Error} with what ssh-keygen said.
 */
export async function sign(identityFile: string, namespace: string, message: string): Promise<string> {
  const { code, stdout, stderr } = await keygen(["-Y", "sign", "-f", identityFile, "-n", namespace], message);
  if (code !== 0) throw new Error(`ssh-keygen could not sign with ${identityFile}: ${stderr.trim()}`);
  return stdout;
}

/**
 * Whether a signature of the message was made by a key that the allowed-signers text gives to this principal, and, where
 * that is a hardware key, by a touch of it.
 */
export async function verify(
  allowedSigners: string,
  principal: string,
  namespace: string,
  signature: string,
  message: string,
): Promise<boolean> {
  if (wasTouched(signature) === false) return false;
  const folder = mkdtempSync(join(tmpdir(), "sluice-verify-"));
  try {
    const [allowed, signed] = [join(folder, "allowed"), join(folder, "signature")];
    writeFileSync(allowed, allowedSigners);
    writeFileSync(signed, signature);
    const words = ["-Y", "verify", "-f", allowed, "-I", principal, "-n", namespace, "-s", signed];
    return (await keygen(words, message)).code === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The public half of a private key's file. @throws {Error} when a passphrase hides it. */
export async function publicHalf(file: string): Promise<string> {
  const { code, stdout, stderr } = await keygen(["-y", "-P", "", "-f", file], "");
  if (code === 0) return stdout;
  throw new Error(
    `${file} does not show its public half (${stderr.trim()}): give the .pub file and have the key in the agent`,
  );
}

function keygen(
  words: readonly string[],
  stdin: string,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile("ssh-keygen", words, (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") {
        reject(new Error(`ssh-keygen does not run (${error.message}): install openssh-client`));
        return;
      }
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
    // A failing ssh-keygen may close its input before it read the message; its exit code says why.
    child.stdin?.on("error", () => child.stdin?.destroy());
    child.stdin?.end(stdin);
  });
}
