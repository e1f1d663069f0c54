import type { Span } from "../diagnostics/diagnostic.ts";
import type { AddressRange, Family } from "../net/address.ts";
import type { Interfaces } from "../net/interfaces.ts";
import type { ConnectionState } from "../net/packet.ts";

/** Inclusive range of small integers (ports, protocols, ICMP types). */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * A conjunction of constraints on one packet; an absent field does not constrain. Ports constrain only packets that
 * have them: a cube with a port never matches a packet without ports. An empty list matches nothing.
 */
export interface Cube {
  readonly family?: Family;
  readonly states?: readonly ConnectionState[];
  readonly source?: AddressRange;
  readonly destination?: AddressRange;
  readonly protocol?: Range;
  readonly sourcePort?: Range;
  readonly destinationPort?: Range;
  readonly icmpType?: Range;
  readonly icmpCode?: Range;
  /** All of them hold. Only a reading of somebody else's ruleset asks for interfaces. */
  readonly ingress?: readonly Interfaces[];
  readonly egress?: readonly Interfaces[];
  /** Where the text says so, when one of many elements does. It constrains nothing. */
  readonly span?: Span;
  /** The permit whose counter a match moves. It constrains nothing. */
  readonly label?: string;
  /**
   * Something that is not modelled is asked as well: a packet in the cube may match or not. Only a reading of somebody
   * else's ruleset holds such cubes (reading.ts).
   */
  readonly uncertain?: true;
}

/** What happens when one of a rule's cubes matches. `record` notes the packet and goes on. */
export type Action =
  | { readonly kind: "accept" }
  | { readonly kind: "drop" }
  | { readonly kind: "record" }
  | { readonly kind: "return" }
  | { readonly kind: "jump"; readonly chain: string }
  | { readonly kind: "goto"; readonly chain: string };

export interface Rule {
  /** The rule matches when any of these does. A rule without conditions has one empty cube. */
  readonly cubes: readonly Cube[];
  readonly action: Action;
  /** Where the text says so. */
  readonly span: Span;
}

/**
 * A ruleset as its own platform would run it, in a form that no platform owns: chains of rules, an entry, and what
 * happens at its end. Readers produce it, the evaluator gives it meaning.
 */
export interface Program {
  readonly entry: string;
  readonly policy: "accept" | "drop";
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
}
