import { type Announcement, macText } from "../announcement.ts";

/** Kinds of a bridge's message (IEEE 802.1Q, 14.2) that name the bridge: configuration, and its rapid form. */
const configuration: ReadonlySet<number> = new Set([0x00, 0x02]);
const bridgeAt = 17;

/** A spanning tree message: the bridge that sends it goes by a card of its own. `mac` is the sender's port. */
export function stp(bytes: Buffer, mac: string): readonly Announcement[] {
  if (bytes.length < bridgeAt + 8 || bytes.readUInt16BE(0) !== 0 || !configuration.has(bytes[3]!)) return [];
  const bridge = macText(bytes, bridgeAt + 2);
  return [
    {
      about: { kind: "mac", mac: bridge },
      by: "spanning tree",
      facts: {},
      ...(bridge === mac ? {} : { ports: [mac] }),
      role: { role: "switch", basis: "shows", reason: "sends spanning tree messages" },
    },
  ];
}
