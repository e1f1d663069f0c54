import type { DeviceObject, Facts } from "./announcement.ts";
import type { RoleGuess } from "./behaviour.ts";

/** A device as the wire shows it. What nobody said is absent. */
export interface PassiveAsset extends Facts {
  /** Canonical text; empty for a device that was seen on its link only. */
  readonly addresses: readonly string[];
  readonly mac?: string;
  /** Cards of its ports, where it said that they are its own. */
  readonly ports?: readonly string[];
  /** Who made the network card, by its first digits: often, not always, who made the device. */
  readonly macVendor?: string;
  /** What it may be, each with the reason; the first is the most telling. */
  readonly roles: readonly RoleGuess[];
  /** Devices behind it: units of a gateway, nodes of a field network, services of the host. */
  readonly parts: readonly ({ readonly part: string; readonly objects?: readonly DeviceObject[] } & Facts)[];
  /** What it has to read and to set (BACnet); absent where nothing of it was seen. */
  readonly objects?: readonly DeviceObject[];
  readonly evidence: readonly Evidence[];
}

export interface Evidence {
  /** The message, in the words of its standard. */
  readonly by: string;
  readonly seen: number;
  readonly firstSeen?: string;
  readonly lastSeen?: string;
}
