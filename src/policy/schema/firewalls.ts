import { z } from "zod";
import { sshPublicKey } from "./ssh-key.ts";
import { absolutePath, freeText, id, listOf } from "./text.ts";
import { addressText } from "./zones.ts";

const hostName = z
  .string()
  .regex(/^(?!-)[A-Za-z0-9:.-]{1,253}$/, { error: "this is neither an address nor a host name" });

const sshAccess = {
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, { error: "a user name has a-z, 0-9, _ and - only" })
    .describe("The account to log in with."),
  port: z
    .int()
    .min(1, { error: "a port is 1 to 65535" })
    .max(65535, { error: "a port is 1 to 65535" })
    .optional()
    .describe("Default: 22."),
  "host-keys": listOf(sshPublicKey, "host key").describe(
    "OpenSSH public key lines. The host must present one of them; there is no way to switch this off.",
  ),
};

const interfaceName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/, { error: "an interface name has 1 to 15 plain characters" });

export const firewallSchema = z.strictObject({
  target: id.describe("What kind of firewall it is: the name of a compiler back end."),
  version: freeText.optional().describe("Version of its software."),
  address: hostName.describe("Where SSH reaches it: an address or a host name."),
  ssh: z
    .strictObject({
      ...sshAccess,
      sudo: z
        .boolean()
        .optional()
        .describe("The user is not root and runs commands through sudo. Default: false."),
    })
    .describe("How to reach it."),
  "jump-hosts": listOf(
    z.strictObject({ address: hostName.describe("Its address or host name."), ...sshAccess }),
    "host",
  )
    .optional()
    .describe("Hosts to go through, in this order."),
  interfaces: z
    .record(id, listOf(interfaceName, "interface"))
    .optional()
    .describe("The interfaces behind which each zone lies: a source is believed only behind its own."),
  transparent: z
    .boolean()
    .optional()
    .describe(
      "It is a bridge in front of its zones, without addresses of its own in them. Only on Linux. Default: false.",
    ),
  "high-availability": z
    .strictObject({
      peer: id.describe("The other firewall of the pair."),
      role: z.enum(["primary", "standby"]).describe("Which of the two this one is."),
    })
    .optional()
    .describe("The pair that it is part of."),
  management: listOf(addressText, "address")
    .optional()
    .describe("Where those sit who manage it. They must never be locked out."),
  "boot-file": absolutePath
    .optional()
    .describe("The file on the host that Sluice owns and that is loaded at boot. Default: the target's."),
  "boot-entry": absolutePath
    .optional()
    .describe(
      "The file that the host itself loads at boot and that includes the boot file. Default: the target's.",
    ),
});
