import type { Announcement } from "./announcement.ts";
import type { Sighting } from "./sightings.ts";

/** The card that a device goes by, for any card of its ports; a card that nobody calls a port is its own. */
export type DeviceOf = (mac: string) => string;

/**
 * Cards that are ports of one device: LLDP names its chassis, and spanning tree the bridge. A bridge goes by the chassis
 * of one of its ports, else by the port over which it said who it is (CDP), else by its own card. A port that two devices
 * claim is none of them.
 */
export function devicesOfPorts(announcements: readonly Sighting[]): DeviceOf {
  const claimed = new Map<string, Set<string>>();
  const bridges = new Map<string, Set<string>>();
  const speakers = new Set<string>();
  for (const { announcement } of announcements) {
    const mac = macOf(announcement);
    if (mac === undefined) continue;
    if (announcement.by === "CDP") speakers.add(mac);
    const isBridge = announcement.by === "spanning tree";
    for (const port of announcement.ports ?? []) {
      const [key, value] = isBridge ? [mac, port] : [port, mac];
      const map = isBridge ? bridges : claimed;
      map.set(key, (map.get(key) ?? new Set()).add(value));
    }
  }
  const devices = new Map<string, string>();
  for (const [port, macs] of claimed) if (macs.size === 1) devices.set(port, [...macs][0]!);
  for (const [bridge, ports] of bridges) {
    const all = [...ports, bridge].toSorted();
    const chassis = all.map((mac) => devices.get(mac)).find((mac) => mac !== undefined);
    const device = chassis ?? all.find((mac) => speakers.has(mac)) ?? bridge;
    for (const mac of all) if (mac !== device && !devices.has(mac)) devices.set(mac, device);
  }
  return (mac) => devices.get(mac) ?? mac;
}

const macOf = ({ about }: Announcement): string | undefined => (about.kind === "mac" ? about.mac : undefined);
