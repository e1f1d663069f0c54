import { Ber, BerReader } from "asn1-ber";
import { type Announcement, known, wireText } from "../announcement.ts";
import type { MessageReader } from "./message.ts";

/** Versions 1 and 2c (RFC 3416): 3 is encrypted, or names its engine only. */
const versions: ReadonlySet<number> = new Set([0, 1]);
const response = 0xa2;
/** The system group (RFC 3418). */
const objects: ReadonlyMap<string, "model" | "name" | "location"> = new Map([
  ["1.3.6.1.2.1.1.1.0", "model"],
  ["1.3.6.1.2.1.1.5.0", "name"],
  ["1.3.6.1.2.1.1.6.0", "location"],
]);

/** What an agent answers about its system: sysDescr, sysName, sysLocation. */
export const snmp: MessageReader = ({ bytes, from }) => {
  if (bytes[0] !== 0x30 || bytes.length < 20) return [];
  const facts = answered(bytes);
  if (facts === undefined || Object.keys(facts).length === 0) return [];
  return [
    { about: { kind: "address", address: from.address }, by: "SNMP system group", facts: known(facts) },
  ] satisfies readonly Announcement[];
};

function answered(bytes: Buffer): Partial<Record<"model" | "name" | "location", string>> | undefined {
  try {
    const reader = new BerReader(bytes);
    reader.readSequence();
    if (!versions.has(reader.readInt() ?? -1)) return undefined;
    reader.readString();
    if (reader.readSequence() !== response) return undefined;
    for (let field = 0; field < 3; field++) reader.readInt();
    reader.readSequence();
    const facts: Partial<Record<"model" | "name" | "location", string>> = {};
    while (reader.remain > 0 && reader.readSequence() === 0x30) {
      const end = reader.offset + reader.length;
      const key = objects.get(reader.readOID() ?? "");
      if (key !== undefined && reader.peek() === Ber.OctetString) {
        const text = wireText(reader.readString(Ber.OctetString, true) ?? Buffer.alloc(0));
        if (text !== undefined) facts[key] = text;
      } else {
        const tag = reader.peek();
        if (tag === null) return facts;
        reader.readString(tag, true);
      }
      if (reader.offset !== end) return facts;
    }
    return facts;
  } catch (error) {
    // What is no BER is no SNMP: any datagram may come here.
    if (error instanceof Error && ["InvalidAsn1Error", "RangeError"].includes(error.name)) return undefined;
    throw error;
  }
}
