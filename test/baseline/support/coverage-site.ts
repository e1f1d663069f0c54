import { readSite } from "../../../src/policy/read.ts";

/** A site with one conduit between `cell1` and `dmz`. @param more lines of the conduit. */
export const siteOf = (networks: readonly [string, string], timezone = "UTC", more = "") => {
  const { value, diagnostics } = readSite(
    `
sluice: 1
site: { name: Test plant, timezone: ${timezone} }
zones:
  cell1: { level: 1, sl-target: 2, networks: [${networks[0]}] }
  dmz: { level: 3, sl-target: 2, networks: [${networks[1]}] }
conduits:
  dmz-cell1:
    zones: [dmz, cell1]
    firewalls: [fw1]
${more}
firewalls:
  fw1:
    target: example
    address: 192.0.2.1
    ssh:
      user: root
      host-keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGI9NMskBXVPQJQXk2lTA5aVs4P17eGVGi/6R1hxpvp3 fw1"]
`,
    "site.yaml",
    { example: { bootFile: "/etc/sluice.rules", bootEntry: "/etc/rules" } },
  );
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (value === undefined || errors.length > 0) throw new Error(JSON.stringify(errors));
  return value;
};
