import type { Unmodelled } from "../../../src/compile/reading.ts";
import type { FlagTest } from "../../../src/compile/tcp-flags.ts";
import type { Diagnostic, Span } from "../../../src/diagnostics/diagnostic.ts";

/**
 * A ruleset as nft lists it, in the words of its text and of its JSON alike: values are texts as nft prints them
 * (`10.0.0.0/8`, `22`, `80-90`, `established`, `*`), fields are two words (`ip saddr`, `meta l4proto`).
 */
export interface Listing {
  readonly tables: readonly Table[];
  /** What stands outside of chains and changes what happens to packets. */
  readonly unmodelled: readonly Unmodelled[];
}

export interface Table {
  readonly family: string;
  readonly name: string;
  readonly chains: ReadonlyMap<string, Chain>;
  readonly sets: ReadonlyMap<string, NamedSet>;
  /** A dormant table judges no packet. */
  readonly dormant: boolean;
}

export interface Chain {
  readonly name: string;
  readonly base?: Base;
  readonly rules: readonly Rule[];
  readonly span: Span;
}

export interface Base {
  readonly type: string;
  readonly hook: string;
  /** Where among the hook's chains it stands; undefined where that is no number. */
  readonly priority: number | undefined;
  readonly policy: "accept" | "drop";
}

export interface NamedSet {
  readonly elements: readonly Element[];
}

export interface Element {
  /** One value for each field of the key. */
  readonly key: readonly string[];
  readonly verdict?: Verdict;
  /** Why it may match or not, where it does not always. */
  readonly doubt?: ElementDoubt;
}

/** It ends by itself; or a limit, a quota or a count of connections stands at it, which is asked when it is met. */
export type ElementDoubt = "element that expires" | "element with a limit";

/** `unknown` is a verdict that is not modelled, such as that of a queue. */
export type Verdict =
  | { readonly kind: "accept" | "drop" | "return" | "continue" | "unknown" }
  | { readonly kind: "jump" | "goto"; readonly chain: string };

export type Values =
  | { readonly kind: "elements"; readonly elements: readonly Element[] }
  | { readonly kind: "set"; readonly name: string };

export type Operator = "==" | "!=" | "<" | ">" | "<=" | ">=";

/** One step of a rule. Statements that change no verdict, as counters and logs, are left out. */
export type Step =
  | {
      readonly kind: "match";
      readonly fields: readonly string[];
      readonly operator: Operator;
      readonly values: Values;
    }
  | { readonly kind: "flags"; readonly test: FlagTest }
  | { readonly kind: "vmap"; readonly fields: readonly string[]; readonly values: Values }
  /** Asks or changes something that is not modelled; what is asked behind it in the same rule is not looked at. */
  | {
      readonly kind: "unmodelled";
      readonly construct: string;
      /** The sets that packets fill or empty by it. */
      readonly changes?: readonly string[];
    }
  | { readonly kind: "verdict"; readonly verdict: Verdict };

const equals = (field: string, value: string): Step => ({
  kind: "match",
  fields: [field],
  operator: "==",
  values: { kind: "elements", elements: [{ key: [value] }] },
});

/** Whatever is asked of flags, only TCP has them. */
export const tcpOnly = equals("meta l4proto", "tcp");

/** What a rejection asks of a packet, which a listing leaves out: only TCP is reset, and each family has its ICMP. */
export function rejected(how: string | undefined): readonly Step[] {
  const asked: Readonly<Record<string, Step>> = {
    "tcp reset": tcpOnly,
    icmp: equals("meta nfproto", "ipv4"),
    icmpv6: equals("meta nfproto", "ipv6"),
  };
  const step = how === undefined ? undefined : asked[how];
  return [...(step ? [step] : []), { kind: "verdict", verdict: { kind: "drop" } }];
}
/** A limit lets some of the packets on. */
export const limited = equals("limit rate", "under");

/** The statement that takes a packet out of connection tracking. */
export const untracking = "notrack";

/** Statements that end a rule with a fate of their own, or leave it to a map or a program. */
export const openEnded: ReadonlySet<string> = new Set(["queue", "vmap", "fwd", "synproxy", "tproxy"]);
/** Statements after which address translation lets the packet pass. */
export const translating: ReadonlySet<string> = new Set(["dnat", "snat", "masquerade", "redirect"]);

/** What a rule says of which the packet's fate is not read: its verdict, if it has one. */
export function fateOf(words: readonly string[], verdict: Verdict | undefined): readonly Step[] {
  // A packet that is taken away comes to no verdict behind it.
  const taken = words.some((word) => openEnded.has(word));
  const passes = words.some((word) => translating.has(word));
  const fate = taken ? { kind: "unknown" as const } : (verdict ?? (passes && { kind: "accept" as const }));
  return fate ? [{ kind: "verdict", verdict: fate }] : [];
}

export interface Rule {
  readonly steps: readonly Step[];
  readonly span: Span;
}

/** The text is no listing of nft. Caught by `readForeign`, where it becomes the one diagnostic. */
export class Unreadable extends Error {
  readonly diagnostic: Diagnostic;
  constructor(message: string, span: Span) {
    super(message);
    const fix = 'give the output of "nft list ruleset" or "nft -j list ruleset"';
    this.diagnostic = { code: "import/unreadable", severity: "error", message, span, fix };
  }
}

/** A chain is known by its table and its own name. */
export const placeOf = (table: Pick<Table, "family" | "name">, chain: string): string =>
  `${table.family} ${table.name} ${chain}`;
