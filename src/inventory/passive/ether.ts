import { emptyCursor, u16 } from "../../baseline/sources/cursor.ts";
import type { Frame } from "../../baseline/sources/frame.ts";
import { innerType } from "../../baseline/sources/link.ts";

/** Where each link header has the sender's card and the type of what follows, by link-layer header type. */
const layouts: ReadonlyMap<number, { readonly mac: number; readonly type: number; readonly length: number }> =
  new Map([
    [1, { mac: 6, type: 12, length: 14 }],
    [113, { mac: 6, type: 14, length: 16 }],
    [276, { mac: 12, type: 0, length: 20 }],
  ]);

/** The link header of a frame as far as the inventory needs it. */
export interface Ether {
  /** The sender's card, as a number of 48 bits. */
  readonly mac: number;
  /** EtherType behind VLAN tags and SNAP; below 0x0600 a length. */
  readonly type: number;
  /** What follows. */
  readonly payload: Buffer;
}

/** Undefined where the frame has no link header with a card, or was cut short in it. */
export function readEther({ bytes, start, end, linkType }: Frame): Ether | undefined {
  const layout = layouts.get(linkType);
  if (layout === undefined || start + layout.length > end) return undefined;
  const cursor = { ...emptyCursor(), bytes, at: start + layout.length, end };
  const type = innerType(cursor, u16(bytes, start + layout.type));
  if (type === undefined) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { mac: view.readUIntBE(start + layout.mac, 6), type, payload: view.subarray(cursor.at, end) };
}
