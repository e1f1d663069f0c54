import { firewall, type Host, hosts, type Link, networks } from "./plant.ts";

/** Name of the switch port that a host's cable is plugged into, in the supervisor's own network namespace. */
export const portName = (host: string, network: string): string => `${host}-${network}`;

/** Input of `ip -batch`: the switches, one bridge for each network. */
export const switchCommands = (): string =>
  networks
    .flatMap(({ name }) => [
      `link add name ${name} type bridge mcast_snooping 0`,
      `link set dev ${name} addrgenmode none`,
      `link set dev ${name} up`,
    ])
    .join("\n");

/** Input of `ip -batch`: a host's cables, from the switches into the network namespace of process `pid`. */
export const cableCommands = (host: Host, pid: number): string =>
  host.links
    .flatMap(({ network }) => {
      const port = portName(host.name, network);
      return [
        `link add name ${port} type veth peer name ${network} netns ${pid}`,
        `link set dev ${port} addrgenmode none`,
        `link set dev ${port} master ${network} up`,
      ];
    })
    .join("\n");

/** Input of `ip -batch`, inside the host: interfaces, addresses and the way to the other zones. */
export const addressCommands = (host: Host): string =>
  ["link set dev lo up", ...host.links.flatMap((link) => linkCommands(host, link)), ...routes(host)].join(
    "\n",
  );

function linkCommands(host: Host, link: Link): readonly string[] {
  const [network, station] = [networks.findIndex(({ name }) => name === link.network), hosts.indexOf(host)];
  // The address outlives a reboot of the host, as that of a real network card does: neighbours need not ask again.
  const mac = `02:00:00:00:${hexByte(network)}:${hexByte(station)}`;
  return [
    `link set dev ${link.network} address ${mac} up`,
    ...link.addresses.map(
      (address) => `addr add ${address}/${isIpv6(address) ? 64 : 24} dev ${link.network}`,
    ),
  ];
}

function routes(host: Host): readonly string[] {
  const [home] = host.links;
  if (host === firewall || home === undefined || home.network === "mgmt") return [];
  const gateways = firewall.links.find(({ network }) => network === home.network)?.addresses ?? [];
  return gateways
    .filter((gateway) => home.addresses.some((address) => isIpv6(address) === isIpv6(gateway)))
    .map((gateway) => `route add default via ${gateway}`);
}

const isIpv6 = (address: string): boolean => address.includes(":");

const hexByte = (value: number): string => value.toString(16).padStart(2, "0");
