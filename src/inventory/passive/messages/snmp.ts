import { Ber, BerReader } from "asn1-ber";
import { type Announcement, type Facts, known, wireText } from "../announcement.ts";
import type { MessageReader } from "./message.ts";
import { enterpriseVendor } from "./vendors.ts";

/** Versions 1 and 2c (RFC 3416); 3 (RFC 3412) may be encrypted, and names its engine in the clear. */
const versions: ReadonlySet<number> = new Set([0, 1]);
const secured = 3;
const agentPort = 161;
/** An answer, and what an agent reports by itself (RFC 3416; the trap of version 1 has fields of its own). */
const pdus: ReadonlySet<number> = new Set([0xa2, 0xa6, 0xa7]);
/** The system group (RFC 3418). */
const objects: ReadonlyMap<string, "model" | "name" | "location"> = new Map([
  ["1.3.6.1.2.1.1.1.0", "model"],
  ["1.3.6.1.2.1.1.5.0", "name"],
  ["1.3.6.1.2.1.1.6.0", "location"],
]);
/** Of the agent's kind, whose number lies under those that IANA gives to enterprises. */
const kindOf = "1.3.6.1.2.1.1.2.0";
const objectIdentifier = 6;
const enterprises = /^1\.3\.6\.1\.4\.1\.(\d+)/;

/** What an agent answers about its system: sysDescr, sysName, sysLocation, sysObjectID; of version 3 its engine alone. */
export const snmp: MessageReader = ({ bytes, from }) => {
  if (bytes[0] !== 0x30 || bytes.length < 20) return [];
  const read = messageOf(bytes);
  if (read === undefined || (read.isSecured && from.port !== agentPort)) return [];
  if (!read.isSecured && Object.keys(read.facts).length === 0) return [];
  return [
    {
      about: { kind: "address", address: from.address },
      by: read.isSecured ? "SNMPv3 (not read)" : "SNMP system group",
      facts: read.facts,
    },
  ] satisfies readonly Announcement[];
};

interface SnmpMessage {
  readonly isSecured: boolean;
  readonly facts: Facts;
}

function messageOf(bytes: Buffer): SnmpMessage | undefined {
  try {
    const reader = new BerReader(bytes);
    reader.readSequence();
    const version = reader.readInt() ?? -1;
    if (version === secured) return { isSecured: true, facts: engineFacts(reader) };
    if (!versions.has(version)) return undefined;
    reader.readString();
    if (!pdus.has(reader.readSequence() ?? -1)) return undefined;
    for (let field = 0; field < 3; field++) reader.readInt();
    reader.readSequence();
    return { isSecured: false, facts: systemFacts(reader) };
  } catch (error) {
    // What is no BER is no SNMP: any datagram may come here.
    if (error instanceof Error && ["InvalidAsn1Error", "RangeError"].includes(error.name)) return undefined;
    throw error;
  }
}

function systemFacts(reader: BerReader): Facts {
  const facts: Partial<Record<keyof Facts, string>> = {};
  while (reader.remain > 0 && reader.readSequence() === 0x30) {
    const end = reader.offset + reader.length;
    const object = reader.readOID() ?? "";
    const key = objects.get(object);
    const tag = reader.peek();
    if (key !== undefined && tag === Ber.OctetString) {
      const text = wireText(reader.readString(Ber.OctetString, true) ?? Buffer.alloc(0));
      if (text !== undefined) facts[key] = text;
    } else if (object === kindOf && tag === objectIdentifier) {
      const vendor = enterpriseVendor(Number(enterprises.exec(reader.readOID() ?? "")?.[1]));
      if (vendor !== undefined) facts.vendor = vendor;
    } else {
      if (tag === null) break;
      reader.readString(tag, true);
    }
    if (reader.offset !== end) break;
  }
  return facts;
}

/** Global data; then, as octets, the security parameters, which begin with the engine's id (RFC 3411, 5). */
function engineFacts(reader: BerReader): Facts {
  reader.readSequence();
  const end = reader.offset + reader.length;
  while (reader.offset < end) reader.readString(reader.peek() ?? 0, true);
  const security = new BerReader(reader.readString(Ber.OctetString, true) ?? Buffer.alloc(0));
  security.readSequence();
  const engine = security.readString(Ber.OctetString, true);
  return engine === null || engine.length < 5
    ? {}
    : known({ vendor: enterpriseVendor(engine.readUInt32BE(0) & 0x7fff_ffff) });
}
