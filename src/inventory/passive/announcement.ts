import { formatAddress } from "../../net/address.ts";

/** What a plant calls its machines. */
export const roles = [
  "plc",
  "rtu",
  "gateway",
  "remote-io",
  "drive",
  "hmi",
  "historian",
  "engineering-station",
  "opc-server",
  "opc-client",
  "building-controller",
  "protection-relay",
  "switch",
  "router",
  "access-point",
  "phone",
  "name-server",
  "dhcp-server",
  "time-server",
  "directory-server",
  "database",
  "printer",
] as const;
export type Role = (typeof roles)[number];

/** What a device says of itself, as plain text of one line. */
export interface Facts {
  readonly name?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly serial?: string;
  readonly location?: string;
}

/** Who a message speaks of: an IP address (canonical text), or a network card (`00:0e:8c:01:02:03`). */
export type Subject =
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "mac"; readonly mac: string };

/** A role, and whether the device says that it has it, shows it by what it sends, or only asks what that role asks. */
export interface AnnouncedRole {
  readonly role: Role;
  readonly reason: string;
  readonly basis: "says" | "shows" | "asks";
}

/** An object that a device has (BACnet), as `analog-input 3`. */
export interface DeviceObject {
  readonly object: string;
  readonly name?: string;
}

/** What one message on the wire says about one device. */
export interface Announcement {
  readonly about: Subject;
  /** The message, in the words of its standard. */
  readonly by: string;
  readonly facts: Facts;
  /** Set when it is not the subject itself but a device behind it: a unit, a slot, a node of another network. */
  readonly part?: string;
  readonly role?: AnnouncedRole;
  readonly objects?: readonly DeviceObject[];
  /** Addresses that the card itself has. */
  readonly addresses?: readonly string[];
  /** Cards of the device beside the one that it goes by: those of its ports. */
  readonly ports?: readonly string[];
  /** Addresses under which the device is managed, perhaps through another of its cards. */
  readonly managedAt?: readonly string[];
  /** Said by somebody else: it names a device that was seen, and is no evidence that there is one. */
  readonly hearsay?: true;
}

/** Longest text that is kept of what a device says, and how many bytes are looked at for it. */
const longest = 200;
const longestRead = 4096;

/**
 * Text from the wire, up to its NUL, as one line that can be printed; undefined when nothing is left of it.
 * @param charset as WHATWG's Encoding names it.
 */
export function wireText(bytes: Uint8Array, charset = "utf-8"): string | undefined {
  const text = new TextDecoder(charset)
    .decode(bytes.subarray(0, longestRead))
    .split("\0", 1)[0]!
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}\s�]+/gu, " ")
    .trim();
  // A character of two halves that is cut between them is none.
  return text === "" ? undefined : text.slice(0, longest).replace(/[\ud800-\udbff]$/, "");
}

/** The facts that are there. */
export const known = (facts: Readonly<Partial<Record<keyof Facts, string | undefined>>>): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));

export const macText = (bytes: Uint8Array, at: number): string =>
  Array.from(bytes.subarray(at, at + 6), (byte) => byte.toString(16).padStart(2, "0")).join(":");

export const ipv6Text = (bytes: Buffer, at: number): string =>
  formatAddress(6, BigInt(`0x${bytes.toString("hex", at, at + 16)}`));

export const ipv4Text = (bytes: Uint8Array, at: number): string => bytes.subarray(at, at + 4).join(".");
