import { z } from "zod";
import { sshPublicKey } from "./ssh-key.ts";
import { absolutePath, id, listOf } from "./text.ts";

const hostName = z.string().regex(/^(?!-)[A-Za-z0-9:._-]{1,253}$/, {
  error: "an address or a host name",
});

export const firewallSchema = z.strictObject({
  target: id.describe("What kind of firewall it is: the name of a compiler back end."),
  address: hostName.describe("Where SSH reaches it: an address or a host name."),
  ssh: z
    .strictObject({
      user: z
        .string()
        .regex(/^[a-z_][a-z0-9_-]{0,31}$/, { error: "a user name of a-z, 0-9, _ and -" })
        .describe("The account that may change the firewall."),
      port: z
        .int()
        .min(1, { error: "a port is 1 to 65535" })
        .max(65535, { error: "a port is 1 to 65535" })
        .optional()
        .describe("Default: 22."),
      "host-keys": listOf(sshPublicKey, "host key").describe(
        "OpenSSH public key lines. The host must present one of them; there is no way to switch this off.",
      ),
    })
    .describe("How to reach it."),
  "boot-file": absolutePath
    .optional()
    .describe("The file on the host that Sluice owns and that is loaded at boot. Default: the target's."),
  "boot-entry": absolutePath
    .optional()
    .describe(
      "The file that the host itself loads at boot and that includes the boot file. Default: the target's.",
    ),
});
