import { type AnnouncedRole, type Announcement, ipv4Text, known, wireText } from "../announcement.ts";
import { profinetVendor } from "./vendors.ts";

/** Frame ids of PROFINET DCP (IEC 61158-6-10): hello, get and set, identify request, identify response. */
const frames = { hello: 0xfefc, getSet: 0xfefd, request: 0xfefe, response: 0xfeff } as const;
/** Blocks by option and suboption. */
const block = {
  ip: 0x0102,
  ipSuite: 0x0103,
  station: 0x0201,
  name: 0x0202,
  device: 0x0203,
  role: 0x0204,
  alias: 0x0206,
  all: 0xffff,
} as const;
const success = 1;
const set = 4;

/** What stations say of themselves over PROFINET DCP, and who asks or sets. `mac` is the sender's. */
export function dcp(bytes: Buffer, mac: string): readonly Announcement[] {
  if (bytes.length < 12) return [];
  const [frame, service, type] = [bytes.readUInt16BE(0), bytes[2]!, bytes[3]!];
  const about = { kind: "mac", mac } as const;
  const tool = toolAction(bytes, frame, service, type);
  if (tool !== undefined) {
    return [
      {
        about,
        by: "PROFINET DCP request",
        facts: {},
        role: { role: "engineering-station", basis: "asks", reason: `${tool} over PROFINET DCP` },
      },
    ];
  }
  const speaksOfItself =
    frame === frames.hello || frame === frames.response || (frame === frames.getSet && type === success);
  if (!speaksOfItself) return [];
  const blocks = blocksOf(bytes);
  const [station, name, alias, device, role] = [
    block.station,
    block.name,
    block.alias,
    block.device,
    block.role,
  ].map((key) => blocks.get(key));
  const ip = blocks.get(block.ip) ?? blocks.get(block.ipSuite);
  const address = ip && ip.length >= 4 && ip.readUInt32BE(0) !== 0 ? [ipv4Text(ip, 0)] : [];
  const roles = role?.[0] === undefined ? undefined : roleOf(role[0]);
  const ids = device !== undefined && device.length >= 4 ? device : undefined;
  const facts = known({
    // An alias is made of port and neighbour (IEC 61158-6-10): it names a station that has no name yet.
    name: (name && wireText(name)) ?? (alias && wireText(alias)),
    model: (station && wireText(station)) ?? (ids && `PROFINET device 0x${ids.toString("hex", 2, 4)}`),
    vendor: ids && profinetVendor(ids.readUInt16BE(0)),
  });
  if (Object.keys(facts).length === 0 && address.length === 0) return [];
  return [
    {
      about,
      by: "PROFINET DCP",
      facts,
      ...(roles === undefined ? {} : { role: roles }),
      ...(address.length === 0 ? {} : { addresses: address }),
    },
  ];
}

/**
 * What a tool does that a controller never does when it starts: that one looks for its devices by name and gives them
 * addresses, but neither looks for all nor gives names.
 */
function toolAction(bytes: Buffer, frame: number, service: number, type: number): string | undefined {
  if (type !== 0 || bytes.length < 14) return undefined;
  const first = bytes.readUInt16BE(12);
  if (frame === frames.request && first === block.all) return "looks for all stations";
  return frame === frames.getSet && service === set && first === block.name ? "names stations" : undefined;
}

/** Blocks start at an even place; in what a station says, two bytes of block information stand before the value. */
function blocksOf(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const end = Math.min(bytes.length, 12 + bytes.readUInt16BE(10));
  const found = new Map<number, Buffer>();
  let at = 12;
  while (at + 4 <= end) {
    const length = bytes.readUInt16BE(at + 2);
    if (at + 4 + length > end) break;
    if (length >= 2) found.set(bytes.readUInt16BE(at), bytes.subarray(at + 6, at + 4 + length));
    at += 4 + length + (length % 2);
  }
  return found;
}

/** Bits of the device role: IO device, controller, multidevice, supervisor. */
function roleOf(bits: number): AnnouncedRole | undefined {
  if (bits & 2) return { role: "plc", basis: "says", reason: "says that it is a PROFINET IO controller" };
  if (bits & 8)
    return { role: "engineering-station", basis: "says", reason: "says that it is a PROFINET IO supervisor" };
  return bits & 1
    ? { role: "remote-io", basis: "says", reason: "says that it is a PROFINET IO device" }
    : undefined;
}
