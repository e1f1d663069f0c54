import type { AddressRange } from "../net/address.ts";

/** A host as an inventory lists it. */
export interface InventoryHost {
  readonly name: string;
  /** Canonical addresses; empty when the inventory has none. */
  readonly addresses: readonly AddressRange[];
  /** The networks of these addresses, where the inventory has their masks. */
  readonly networks: readonly AddressRange[];
  /** What the inventory sorts it under: a group, or a location. */
  readonly group?: string;
  readonly role?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  /** What a human should know of it, for a comment. */
  readonly note?: string;
}
