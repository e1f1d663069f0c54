import type { Span } from "../diagnostics/diagnostic.ts";
import type { AddressRange } from "../net/address.ts";
import type { Service } from "../net/service.ts";
import type { CriterionType } from "./criterion-types.ts";

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
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly owner?: PersonId;
  readonly patch?: PatchState;
  readonly span: Span;
}

/** IEC TR 62443-2-3. What is not current says why, and what protects it meanwhile. */
export interface PatchState {
  readonly state: "current" | "behind" | "unpatchable";
  readonly reason?: string;
  /** Compensating controls. */
  readonly controls: readonly string[];
}

/** What IEC 62443-3-2 ZCR 3.3 to 3.6 want kept apart. */
export type ZoneMark = "safety" | "wireless" | "temporary" | "external";

/** IEC 62443-3-2 ZCR 3: assets grouped by common security requirements. */
export interface Zone {
  readonly id: ZoneId;
  readonly description?: string;
  /** Purdue level, 0 to 5. */
  readonly level: number;
  /** Target security level, 1 to 4 (IEC 62443-3-3). */
  readonly slTarget: number;
  /** What would happen: it justifies the target level (IEC 62443-3-2 ZCR 5). */
  readonly consequence?: string;
  readonly marks?: readonly ZoneMark[];
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
  /** The names behind the sets, as the file has them. */
  readonly written?: WrittenFlows;
  readonly span: Span;
}

export interface WrittenFlows {
  readonly initiators: readonly string[];
  readonly responders: readonly string[];
  readonly services: readonly string[];
}

export interface Permit extends FlowSet {
  readonly id: PermitId;
  readonly owner?: PersonId;
  /** Path of the baseline it rests on, as written in the site file. */
  readonly evidence?: string;
  /** The process needs it: its silence ends a trial. */
  readonly critical: boolean;
  /** It survives the isolation of its zone (island mode). */
  readonly essential?: boolean;
  /** A trial is confirmed only after its connections were made anew. */
  readonly reconnectRequired?: boolean;
  /** Longest silence that is normal, in seconds, in place of what its baseline tells. */
  readonly silence?: number;
  /** Last day on which it stands, `YYYY-MM-DD`. A date never changes a running firewall. */
  readonly expires?: string;
}

/** A flow that was seen and that somebody decided against: enforcement will cut it, on purpose. */
export interface Denial extends FlowSet {
  readonly id: string;
}

/**
 * What becomes of sessions that are open when enforcement begins and that no permit admits. `rematch`: every packet is
 * judged anew. `drain`: they may go on until they end, for so many seconds at the most. `cut`: they are ended for good.
 */
export type OpenSessions =
  | { readonly mode: "rematch" | "cut" }
  | { readonly mode: "drain"; readonly seconds: number };

/** IEC 62443-3-2 ZCR 3: the path between two zones; every permitted flow between them belongs to it. */
export interface Conduit {
  readonly id: ConduitId;
  readonly description?: string;
  readonly zones: readonly [ZoneId, ZoneId];
  readonly firewalls: readonly FirewallId[];
  readonly permits: readonly Permit[];
  readonly denials: readonly Denial[];
  /** What enforcement does with sessions that are open when it begins; absent for what its firewall does by itself. */
  readonly sessions?: OpenSessions;
  /** The site's criteria with this conduit's own in place of, or beside, them; absent when it has none of its own. */
  readonly criteria?: readonly Criterion[];
  readonly exercises?: readonly Exercise[];
  readonly span: Span;
}

export interface SshAccess {
  readonly user: string;
  readonly port: number;
  /** OpenSSH public key lines; the host must present one of them. */
  readonly hostKeys: readonly string[];
}

export interface Firewall {
  readonly id: FirewallId;
  /** Name of a compiler back end, as the registry in targets/ knows it. */
  readonly target: string;
  /** Version of the firewall's software, as the inventory has it. */
  readonly version?: string;
  readonly address: string;
  readonly ssh: SshAccess & {
    /** The user is not root and may run commands through sudo. */
    readonly sudo?: boolean;
  };
  /** Hosts to go through, in this order. */
  readonly jumpHosts?: readonly (SshAccess & { readonly address: string })[];
  /** Names of the interfaces behind which each zone lies. */
  readonly interfaces?: ReadonlyMap<ZoneId, readonly string[]>;
  /** It bridges its zones and does not route between them. */
  readonly transparent?: boolean;
  readonly highAvailability?: { readonly peer: FirewallId; readonly role: "primary" | "standby" };
  /** Where those sit who manage it: they must never be locked out. */
  readonly management?: readonly AddressRange[];
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
  /** Day from which they have this access, `YYYY-MM-DD`. */
  readonly since?: string;
  /** Day of the last access review, `YYYY-MM-DD`. */
  readonly reviewed?: string;
  readonly span: Span;
}

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

/** A recurring stretch of local time in the site's time zone; `to` before `from` ends on the next day. */
export interface Window {
  readonly id: WindowId;
  readonly days: readonly Weekday[];
  /** Dates on which it opens beside its days, `YYYY-MM-DD`. */
  readonly dates?: readonly string[];
  /** Dates on which it stays closed. */
  readonly except?: readonly string[];
  /** `HH:MM`, 24 hours. */
  readonly from: string;
  /** `HH:MM`; `24:00` is midnight at the end of the day. */
  readonly to: string;
  readonly span: Span;
}

/** One abort criterion, in the grammar of Argo Rollouts and Kayenta. Times in seconds. */
export interface Criterion {
  readonly id: string;
  readonly type: CriterionType;
  readonly interval: number;
  /** Trips when more than this many measurements failed. */
  readonly failureLimit: number;
  /** Trips when more than this many measurements in a row failed. */
  readonly consecutiveLimit: number;
  readonly onNoData: "fail" | "hold" | "ignore";
  readonly severity: "abort" | "hold" | "warn";
  /** Only says when it would have tripped. */
  readonly dryRun?: true;
  /** So many packets or connections a minute are not a failure yet. */
  readonly perMinute?: number;
  /** The share that is the limit. */
  readonly percent?: number;
  readonly probe?: Probe;
  readonly signal?: Signal;
  readonly span: Span;
}

/** A TCP connection that is opened and closed, from where the engineer sits or from the firewall. */
export interface Probe {
  readonly address: string;
  readonly port: number;
  readonly from: "engineer" | "firewall";
}

/** What somebody else's system says on the engineer's machine. */
export type Signal =
  | {
      readonly kind: "file";
      /** From the site's folder. */
      readonly path: string;
      readonly expect: string;
      /** In seconds. */
      readonly staleAfter: number;
    }
  | { readonly kind: "command"; readonly argv: readonly string[] };

/** What somebody does during a trial so that permits which are seldom used are heard. */
export interface Exercise {
  readonly id: string;
  readonly do: string;
  readonly permits: readonly PermitId[];
  readonly span: Span;
}

export interface ApprovalRule {
  /** How many different people must sign. */
  readonly count: number;
  readonly roles: readonly Role[];
}

/** What of a plan asks for approval: the stage that it leads to, and that it lets pass what does not pass now. */
export type ApprovalCause = "monitor" | "enforce" | "broaden";

export interface Approvals extends Readonly<Record<ApprovalCause, ApprovalRule>> {
  /** For so many seconds after a plan is made its approvals hold. */
  readonly validFor: number;
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

/** Something accepted that the zones and conduits do not cover. It shows up in every report, and expires loudly. */
export interface Exception {
  readonly id: string;
  readonly subject:
    | { readonly kind: "pair"; readonly zones: readonly [ZoneId, ZoneId] }
    | { readonly kind: "asset"; readonly zone: ZoneId; readonly asset: AssetId }
    | { readonly kind: "permit"; readonly conduit: ConduitId; readonly permit: PermitId };
  readonly reason: string;
  readonly owner: PersonId;
  /** Last day on which it stands, `YYYY-MM-DD`. */
  readonly expires: string;
  /** Compensating controls. */
  readonly controls: readonly string[];
  readonly span: Span;
}

/** A line that must hold for whole sets: all of it is permitted, or none of it. */
export interface Assertion {
  readonly id: string;
  readonly verdict: "accept" | "deny";
  readonly from: readonly AddressRange[];
  readonly to: readonly AddressRange[];
  readonly services: readonly Service[];
  readonly reason: string;
  readonly span: Span;
}

/** A finding that somebody accepted in writing. */
export interface Silence {
  readonly check: string;
  /** What the finding is about, as `sluice check` names it. */
  readonly at: string;
  readonly reason: string;
  readonly span: Span;
}

/** A repetition of the process: a shift, a batch, a day. Completeness of a baseline is counted in these. */
export interface Cycle {
  readonly id: string;
  /** In seconds. */
  readonly length: number;
  readonly phases: readonly string[];
  readonly span: Span;
}

/** A name that the file gives to a set of services or of ends. */
export interface Definition {
  readonly name: string;
  readonly span: Span;
}

/** What a role may be allowed to do to a running firewall. */
export type Right = "apply" | "bypass" | "isolate";

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
  readonly approvals: Approvals;
  readonly trial: TrialTimes;
  readonly rights: Readonly<Record<Right, readonly Role[]>>;
  readonly exceptions?: readonly Exception[];
  readonly assertions?: readonly Assertion[];
  readonly silences?: readonly Silence[];
  readonly cycles?: readonly Cycle[];
  /** The site's own services and groups, and every name that a permit, a denial, an assertion or another one uses. */
  readonly definitions?: {
    readonly services: readonly Definition[];
    readonly groups: readonly Definition[];
    readonly references: ReadonlySet<string>;
  };
}
