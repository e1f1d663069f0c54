import type { Range } from "../../../src/compile/program.ts";
import type { Span } from "../../../src/diagnostics/diagnostic.ts";
import type { AddressRange, Family } from "../../../src/net/address.ts";
import type { Interfaces } from "../../../src/net/interfaces.ts";

/** One end of a rule. Alternatives are a union; `any` is written on purpose and never an empty list. */
export interface End {
  readonly addresses: readonly AddressRange[] | "any";
  readonly ports: readonly Range[] | "any";
}

/** A `tagged` condition: the tag that the packet carries at this point of the evaluation, or must not carry. */
export interface Tagged {
  readonly tag: string;
  readonly holds: "tagged" | "not-tagged";
}

/** A filter rule of pf.conf(5). Lists in braces are alternatives of one rule; pfctl makes a rule of each. */
export interface PfRule {
  readonly action: "pass" | "block" | "match";
  readonly direction: "in" | "out" | "both";
  /** The interface by which the packet comes, for a rule that looks at it then, or leaves. */
  readonly on?: Interfaces;
  /** `quick` ends the evaluation; otherwise the last matching rule wins. */
  readonly order: "quick" | "last";
  readonly log: "log" | "silent";
  readonly family: Family | "any";
  readonly protocols: readonly Range[] | "any";
  readonly source: End;
  readonly destination: End;
  readonly icmp:
    | readonly { readonly family: Family; readonly type: number; readonly code?: number }[]
    | "any";
  /** `syn`: `flags S/SA`, the default of a pass rule that keeps state; it concerns TCP only. */
  readonly flags: "any" | "syn";
  readonly state: "keep" | "none";
  readonly tag?: string;
  readonly tagged?: Tagged;
  readonly labels: readonly string[];
  readonly identifier?: number;
  /** It asks for something that is not modelled as well. */
  readonly uncertain?: true;
  readonly span: Span;
}

/** An anchor with its rules in braces: they are evaluated in its place, for the packets that it matches. */
export interface PfAnchor {
  readonly condition: PfRule;
  readonly rules: readonly PfStatement[];
}

export type PfStatement = PfRule | PfAnchor;

export const isAnchor = (statement: PfStatement): statement is PfAnchor => "condition" in statement;
