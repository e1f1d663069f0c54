import { placeholderKey } from "./schema/placeholder-key.ts";

/** The first line of a site file: editors then complete and explain every key. */
export const schemaLine = (schema: string): string => `# yaml-language-server: $schema=${schema}\n`;

/** A small site that passes `sluice check`, with what to write where. `name` must fit on one line. */
export const siteTemplate = (site: {
  readonly name: string;
  readonly timezone: string;
  readonly target: string;
}): string => `\
sluice: 1
site:
  name: ${JSON.stringify(site.name)}
  timezone: ${site.timezone}

# Who works on the plant. A key belongs to one person; the author of a plan never approves it.
people:
  eva:
    name: Eva Example
    roles: [engineer]
    keys: [${placeholderKey(1, "eva")}]
  olaf:
    name: Olaf Example
    roles: [approver]
    keys: [${placeholderKey(2, "olaf")}]

# Who must sign a plan, and for how long that holds. Broaden: it lets pass what does not pass now.
approvals:
  monitor: { count: 1, roles: [approver] }
  enforce: { count: 1, roles: [approver] } # better two: what is dropped may stop a line
  broaden: { count: 1, roles: [approver] }
  valid-for: 14d

# Assets with the same security requirements. Networks of two zones never overlap.
zones:
  cell:
    description: One production cell.
    level: 1 # Purdue level
    sl-target: 2 # target security level
    networks: [10.1.0.0/24]
    assets:
      plc: {addresses: [10.1.0.10], role: plc}
  dmz:
    description: What the plant and the office may both reach.
    level: 3
    sl-target: 2
    networks: [10.2.0.0/24]
    assets:
      historian: {addresses: [10.2.0.10], role: historian}

# The paths between zones. What no permit admits is recorded in monitor and dropped in enforce.
conduits:
  dmz-cell:
    zones: [dmz, cell]
    firewalls: [fw1]
    permits:
      historian-poll:
        initiators: [historian]
        responders: [plc]
        services: [modbus] # a name, or tcp/502, udp/2222-2230, icmp/echo-request, gre
        reason: The historian polls process values.
        owner: eva
        # evidence: baseline/week.json   what "sluice observe" wrote
        # critical: true                 its silence ends a trial

firewalls:
  fw1:
    target: ${site.target}
    address: 10.2.0.1
    ssh: {user: root, host-keys: [${placeholderKey(3, "fw1")}]}
    management: [10.2.0.99]

# When changes may be made, on the clock of the site.
windows:
  night: {days: [sat, sun], from: "02:00", to: "04:00"}
`;
