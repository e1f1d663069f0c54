import type { AddressRange } from "../../net/address.ts";
import type { Service } from "../../net/service.ts";

/** A rule in the words that a back end has: every source with every destination and every service, of one family. */
export interface LegalRule {
  readonly sources: readonly AddressRange[];
  readonly destinations: readonly AddressRange[];
  /** One, or ports of one protocol. */
  readonly services: readonly Service[];
}
