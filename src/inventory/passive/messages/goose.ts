import { cardText } from "../../../baseline/links/sightings.ts";
import { type Announcement, wireText } from "../announcement.ts";
import { remembered } from "./remembered.ts";

/** Application, length, two reserved fields; then the PDU (IEC 61850-8-1, annex A): its tag and that of the control block. */
const header = 8;
const pdu = 0x61;
const controlBlock = 0x80;

/** Who publishes GOOSE, and which control block. `card` is the sender's. */
export function goose(): (bytes: Buffer, card: number) => readonly Announcement[] {
  const publishers = remembered();
  return (bytes, card) => {
    if (bytes[header] !== pdu) return [];
    const first = header + 2 + longForm(bytes[header + 1] ?? 0);
    const [tag, length = 0] = bytes.subarray(first, first + 2);
    if (tag !== controlBlock || length > 127 || first + 2 + length > bytes.length) return [];
    const name = bytes.subarray(first + 2, first + 2 + length);
    return [publishers(`${card} ${name.toString("latin1")}`, () => publisher(name, card))];
  };
}

function publisher(name: Buffer, card: number): Announcement {
  const block = wireText(name);
  return {
    about: { kind: "mac", mac: cardText(card) },
    by: "GOOSE",
    facts: {},
    ...(block === undefined ? {} : { part: `GOOSE ${block}` }),
    role: { role: "protection-relay", basis: "shows", reason: "publishes GOOSE (IEC 61850-8-1)" },
  };
}

/** Bytes that a BER length takes beyond its first. */
const longForm = (first: number): number => (first & 0x80 ? first & 0x7f : 0);
