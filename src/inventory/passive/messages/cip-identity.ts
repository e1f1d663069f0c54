import { type AnnouncedRole, type Facts, known, type Role, wireText } from "../announcement.ts";
import { cipVendor } from "./vendors.ts";

/** What a device profile is in a plant (CIP Networks Library volume 1, chapter 6). */
const deviceTypes: ReadonlyMap<number, readonly [name: string, role?: Role]> = new Map([
  [0x02, ["AC drive", "drive"]],
  [0x07, ["general purpose discrete I/O", "remote-io"]],
  [0x0c, ["communications adapter"]],
  [0x0e, ["programmable logic controller", "plc"]],
  [0x10, ["position controller", "drive"]],
  [0x13, ["DC drive", "drive"]],
  [0x18, ["human-machine interface", "hmi"]],
  [0x22, ["encoder", "remote-io"]],
  [0x25, ["CIP motion drive", "drive"]],
  [0x2c, ["managed Ethernet switch", "switch"]],
]);

export interface CipIdentity {
  readonly facts: Facts;
  readonly role?: AnnouncedRole;
}

/** Attributes 1 to 7 of the identity object in a row: vendor, type, code, revision, status, serial, name. */
export function cipIdentity(bytes: Buffer): CipIdentity | undefined {
  if (bytes.length < 15 || bytes.length < 15 + bytes[14]!) return undefined;
  return identityOf(
    new Map([
      [1, bytes.subarray(0, 2)],
      [2, bytes.subarray(2, 4)],
      [4, bytes.subarray(6, 8)],
      [6, bytes.subarray(10, 14)],
      [7, bytes.subarray(14, 15 + bytes[14]!)],
    ]),
  );
}

/** What single attributes of the identity object say; undefined where it is nothing. */
export function identityOf(attributes: ReadonlyMap<number, Buffer>): CipIdentity | undefined {
  const at = (number: number, length: number): Buffer | undefined => {
    const value = attributes.get(number);
    return value !== undefined && value.length >= length ? value : undefined;
  };
  const [vendor, type, revision, serial, name] = [at(1, 2), at(2, 2), at(4, 2), at(6, 4), at(7, 1)];
  const [profile, role] = (type && deviceTypes.get(type.readUInt16LE(0))) ?? [];
  const facts = known({
    vendor: vendor && cipVendor(vendor.readUInt16LE(0)),
    model: name && wireText(name.subarray(1, 1 + name[0]!), "latin1"),
    firmware: revision && `${revision[0]}.${String(revision[1]).padStart(3, "0")}`,
    serial: serial?.readUInt32LE(0).toString(16).padStart(8, "0"),
  });
  if (Object.keys(facts).length === 0 && role === undefined) return undefined;
  const reason = `says that it is of CIP device type "${profile}"`;
  return { facts, ...(role === undefined ? {} : { role: { role, basis: "says", reason } }) };
}
