/** A network of the plant: one Ethernet switch, both address families where `net6` is given. */
export interface Network {
  readonly name: string;
  readonly net4: string;
  readonly net6?: string;
}

/** One cable: the host's interface carries the network's name. Addresses are without prefix length. */
export interface Link {
  readonly network: string;
  readonly addresses: readonly string[];
}

export interface Host {
  readonly name: string;
  readonly links: readonly Link[];
}

/** A long-lived Modbus/TCP session: one client that polls one PLC. */
export interface PollSession {
  readonly id: string;
  readonly client: string;
  readonly plc: string;
  /** The address of the PLC that the client uses, which decides the family. */
  readonly address: string;
  /** Why somebody decided against it, when somebody did. */
  readonly forbidden?: string;
}

export const networks: readonly Network[] = [
  { name: "cell1", net4: "10.10.1.0/24", net6: "fd00:10::/64" },
  { name: "dmz", net4: "10.20.1.0/24", net6: "fd00:20::/64" },
  { name: "it", net4: "10.30.1.0/24", net6: "fd00:30::/64" },
  { name: "mgmt", net4: "192.0.2.0/24" },
];

export const firewall: Host = {
  name: "fw1",
  links: [
    { network: "cell1", addresses: ["10.10.1.1", "fd00:10::1"] },
    { network: "dmz", addresses: ["10.20.1.1", "fd00:20::1"] },
    { network: "it", addresses: ["10.30.1.1", "fd00:30::1"] },
    { network: "mgmt", addresses: ["192.0.2.1"] },
  ],
};

/** The engineer's machine: it reaches the firewall over the management network, and nothing else. */
export const laptop: Host = {
  name: "laptop",
  links: [{ network: "mgmt", addresses: ["192.0.2.10"] }],
};

export const plcs: readonly (Host & { readonly unit: number })[] = [
  { name: "plc1", unit: 1, links: [{ network: "cell1", addresses: ["10.10.1.10"] }] },
  { name: "plc2", unit: 2, links: [{ network: "cell1", addresses: ["10.10.1.11", "fd00:10::11"] }] },
];

const clients: readonly Host[] = [
  { name: "hmi", links: [{ network: "cell1", addresses: ["10.10.1.20", "fd00:10::20"] }] },
  { name: "historian", links: [{ network: "dmz", addresses: ["10.20.1.5", "fd00:20::5"] }] },
  { name: "mes", links: [{ network: "it", addresses: ["10.30.1.5", "fd00:30::5"] }] },
  { name: "workstation", links: [{ network: "it", addresses: ["10.30.1.20", "fd00:30::20"] }] },
];

export const hosts: readonly Host[] = [firewall, laptop, ...plcs, ...clients];

/** The HMI stays inside its cell; the others cross the firewall. */
export const sessions: readonly PollSession[] = [
  { id: "hmi-plc1", client: "hmi", plc: "plc1", address: "10.10.1.10" },
  { id: "hmi-plc2", client: "hmi", plc: "plc2", address: "10.10.1.11" },
  { id: "historian-plc1", client: "historian", plc: "plc1", address: "10.10.1.10" },
  { id: "historian-plc2", client: "historian", plc: "plc2", address: "10.10.1.11" },
  { id: "historian-plc2-ipv6", client: "historian", plc: "plc2", address: "fd00:10::11" },
  { id: "mes-plc2", client: "mes", plc: "plc2", address: "10.10.1.11" },
  { id: "mes-plc2-ipv6", client: "mes", plc: "plc2", address: "fd00:10::11" },
  {
    id: "workstation-plc1",
    client: "workstation",
    plc: "plc1",
    address: "10.10.1.10",
    forbidden: "Nobody approved engineering access from the office network.",
  },
];

/** Every host that Sluice can be run on or against, by name. Undefined for a name that is not of the plant. */
export const findHost = (name: string): Host | undefined => hosts.find((host) => host.name === name);
