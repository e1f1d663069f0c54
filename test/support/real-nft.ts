import { spawnSync } from "node:child_process";

/** Runs a shell script in a network namespace of its own, with a text on its standard input. */
export function inNamespace(
  script: string,
  input: string,
): { readonly code: number; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync("unshare", ["--net", "sh", "-c", script], {
    input,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status ?? -1, stdout, stderr };
}

/** Why the real nft cannot be used here, or undefined when it can. */
export const missingForNft = ((): string | undefined => {
  const { code, stderr } = ((): { readonly code: number; readonly stderr: string } => {
    try {
      return inNamespace("nft list ruleset", "");
    } catch (error) {
      return { code: -1, stderr: String(error) };
    }
  })();
  return code === 0 ? undefined : `needs nft and root (unshare --net): ${stderr.trim()}`;
})();
