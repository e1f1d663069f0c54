import type { Span } from "../diagnostics/diagnostic.ts";
import type { AddressRange } from "../net/address.ts";
import type { Service } from "../net/service.ts";
import type { ConduitId, PermitId } from "../policy/model.ts";

/** What a conduit does with a packet that no permit admits; the one field in which the stages differ. */
export type Stage = "monitor" | "enforce";

/** A product of one source range, one destination range and one service, all of one family: one set element. */
export interface Box {
  readonly source: AddressRange;
  readonly destination: AddressRange;
  readonly service: Service;
}

/** One permit as rules: boxes in the direction of the request. Replies are derived by each target. */
export interface PermitRules {
  readonly permit: PermitId;
  readonly reason: string;
  readonly origin: Span;
  readonly boxes: readonly Box[];
}

/** A pair of ranges of one family whose traffic, in both directions, is the conduit's. */
export interface ZonePair {
  readonly left: AddressRange;
  readonly right: AddressRange;
}

export interface ConduitRules {
  readonly conduit: ConduitId;
  readonly zones: readonly [string, string];
  readonly stage: Stage;
  readonly pairs: readonly ZonePair[];
  readonly permits: readonly PermitRules[];
  /** Seconds from arming for which sessions that were open then may go on under enforcement; absent when they may not. */
  readonly drain?: number;
}

/** Everything that Sluice puts on one firewall. */
export interface FirewallRules {
  readonly firewall: string;
  readonly conduits: readonly ConduitRules[];
}
