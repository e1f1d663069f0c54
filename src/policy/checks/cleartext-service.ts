import { knownServices } from "../../net/known-services.ts";
import type { Check } from "./check.ts";
import { permitsOf, zonesOf } from "./subjects.ts";

/** Services that carry passwords or whole sessions in the clear, with what takes their place. */
const replacements: Readonly<Record<string, string>> = {
  telnet: "ssh",
  ftp: "sftp over ssh",
  tftp: "sftp over ssh",
  http: "https",
  "http-alt": "https",
  vnc: "vnc through ssh",
  ldap: "ldaps",
};

const cleartext = knownServices
  .filter(({ name }) => name in replacements)
  .flatMap(({ name, ports }) => ports.map((range) => ({ name, ...range })));

export const cleartextService: Check = {
  id: "cleartext-service",
  severity: "warning",
  about:
    "A permit carries passwords or sessions in the clear to or from a zone whose target security level is 2 or higher.",
  fix: "use the protected form of the service, or carry it through a gateway",
  clause: "IEC 62443-3-3 SR 4.1",
  *run({ site }) {
    for (const { conduit, permit, subject } of permitsOf(site)) {
      if (zonesOf(site, conduit).every(({ slTarget }) => slTarget < 2)) continue;
      const names = new Set(
        permit.services
          .flatMap((service) =>
            service.kind !== "ports" || service.from !== service.to
              ? []
              : cleartext.filter(
                  ({ protocol, from }) => protocol === service.protocol && from === service.from,
                ),
          )
          .map(({ name }) => name),
      );
      for (const name of names) {
        const message = `permit "${permit.id}" carries ${name} in the clear; ${replacements[name]} takes its place`;
        yield { subject, span: permit.span, message };
      }
    }
  },
};
