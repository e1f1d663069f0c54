import type { Span } from "../diagnostics/diagnostic.ts";
import type { AddressRange } from "../net/address.ts";
import type { Service } from "../net/service.ts";

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

/** Ids match `[a-z][a-z0-9-]{0,30}`: they are safe in a file name, a shell word, and every firewall's syntax. */
export type ZoneId = Id<"zone">;
export type AssetId = Id<"asset">;
export type ConduitId = Id<"conduit">;
export type PermitId = Id<"permit">;
export type FirewallId = Id<"firewall">;
export type PersonId = Id<"person">;
export type WindowId = Id<"window">;

export interface Asset {
  readonly id: AssetId;
  readonly zone: ZoneId;
  readonly addresses: readonly AddressRange[];
  readonly role?: string;
  readonly span: Span;
}

/** IEC 62443-3-2 ZCR 3: assets grouped by common security requirements. */
export interface Zone {
  readonly id: ZoneId;
  readonly description?: string;
  /** Purdue level, 0 to 5. */
  readonly level: number;
  /** Target security level, 1 to 4 (IEC 62443-3-3). */
  readonly slTarget: number;
  readonly networks: readonly AddressRange[];
  readonly assets: readonly Asset[];
  readonly span: Span;
}

/** One set of flows with its reason: permitted, or seen and decided against. Never with an empty set. */
export interface FlowSet {
  readonly initiators: readonly AddressRange[];
  readonly responders: readonly AddressRange[];
  readonly services: readonly Service[];
  readonly reason: string;
  readonly span: Span;
}

export interface Permit extends FlowSet {
  readonly id: PermitId;
  readonly owner?: PersonId;
  /** Path of the baseline it rests on, as written in the site file. */
  readonly evidence?: string;
  /** The process needs it: its silence ends a trial. */
  readonly critical: boolean;
}

/** A flow that was seen and that somebody decided against: enforcement will cut it, on purpose. */
export interface Denial extends FlowSet {
  readonly id: string;
}

/** IEC 62443-3-2 ZCR 3: the path between two zones; every permitted flow between them belongs to it. */
export interface Conduit {
  readonly id: ConduitId;
  readonly zones: readonly [ZoneId, ZoneId];
  readonly firewalls: readonly FirewallId[];
  readonly permits: readonly Permit[];
  readonly denials: readonly Denial[];
  readonly span: Span;
}

export interface Firewall {
  readonly id: FirewallId;
  /** Name of a compiler back end, as the registry in targets/ knows it. */
  readonly target: string;
  readonly address: string;
  readonly ssh: {
    readonly user: string;
    readonly port: number;
    /** OpenSSH public key lines; the host must present one of them. */
    readonly hostKeys: readonly string[];
  };
  /** Absolute path of the file that Sluice owns on the host and that the host loads at boot. */
  readonly bootFile: string;
  /** Absolute path of the file that the host itself loads at boot and that must include `bootFile`. */
  readonly bootEntry: string;
  readonly span: Span;
}

export type Role = "operator" | "engineer" | "approver" | "auditor";

export interface Person {
  readonly id: PersonId;
  readonly name: string;
  readonly roles: readonly Role[];
  /** OpenSSH public key lines. */
  readonly keys: readonly string[];
  readonly span: Span;
}

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

/** A recurring stretch of local time in the site's time zone; `to` before `from` ends on the next day. */
export interface Window {
  readonly id: WindowId;
  readonly days: readonly Weekday[];
  /** `HH:MM`, 24 hours. */
  readonly from: string;
  /** `HH:MM`; `24:00` is midnight at the end of the day. */
  readonly to: string;
  readonly span: Span;
}

/** One abort criterion, in the grammar of Argo Rollouts and Kayenta. Times in seconds. */
export interface Criterion {
  readonly id: string;
  readonly type: "flow-dropped" | "heartbeat-lost";
  readonly interval: number;
  /** Trips when more than this many measurements failed. */
  readonly failureLimit: number;
  /** Trips when more than this many measurements in a row failed. */
  readonly consecutiveLimit: number;
  readonly onNoData: "fail" | "hold" | "ignore";
  readonly severity: "abort" | "hold" | "warn";
  readonly span: Span;
}

export interface ApprovalRule {
  /** How many different people must sign. */
  readonly count: number;
  readonly roles: readonly Role[];
}

/** Durations of a trial, in seconds. */
export interface TrialTimes {
  /** How long a trial holds without renewal. */
  readonly lease: number;
  readonly renewEvery: number;
  /** Criteria must hold for this long before a confirm is accepted. */
  readonly soak: number;
  /** A trial that is not confirmed by then ends. */
  readonly maximum: number;
  /** A trial ends this long before its window does. */
  readonly reserve: number;
}

/** A site file after reading and resolution: names are replaced by what they mean, nothing is left implicit. */
export interface Site {
  readonly name: string;
  /** IANA time zone, for windows. */
  readonly timezone: string;
  readonly zones: readonly Zone[];
  readonly conduits: readonly Conduit[];
  readonly firewalls: readonly Firewall[];
  readonly people: readonly Person[];
  readonly windows: readonly Window[];
  readonly criteria: readonly Criterion[];
  readonly approvals: { readonly monitor: ApprovalRule; readonly enforce: ApprovalRule };
  readonly trial: TrialTimes;
}
