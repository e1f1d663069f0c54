/** Where a criterion gets its numbers. */
export type CriterionSource =
  | "record"
  | "permit counters"
  | "sessions"
  | "host"
  | "rules"
  | "probe"
  | "signal";

interface TypeFacts {
  readonly source: CriterionSource;
  /** What counts as a failure, in words for a reviewer. */
  readonly failsWhen: string;
  /** Keys of the site file that only some types have; with `needed` they must be there. */
  readonly parameters?: readonly string[];
  readonly needed?: readonly string[];
}

const types = {
  "flow-dropped": {
    source: "record",
    failsWhen: "an observed flow that nobody decided against is not let through",
  },
  "heartbeat-lost": {
    source: "permit counters",
    failsWhen: "a critical flow is silent in either direction for longer than ever before",
  },
  "rate-collapse": {
    source: "permit counters",
    failsWhen: "a permit carries less than so many percent of the packets a minute that its baseline had",
    parameters: ["percent"],
  },
  "replies-missing": {
    source: "permit counters",
    failsWhen: "a permit that had answers before asks again and again, and has none",
  },
  "connection-storm": {
    source: "sessions",
    failsWhen: "more than so many connections a minute are made anew in the conduit",
    parameters: ["per-minute"],
    needed: ["per-minute"],
  },
  "unknown-drops": {
    source: "record",
    failsWhen: "more packets than so many a minute are not let through of flows that nobody decided about",
    parameters: ["per-minute"],
  },
  "recording-lost": {
    source: "record",
    failsWhen: "the record of what is not permitted is full, so that a drop may go unseen",
  },
  "conntrack-pressure": {
    source: "host",
    failsWhen: "the firewall's table of connections is fuller than so many percent",
    parameters: ["percent"],
  },
  drift: {
    source: "rules",
    failsWhen: "somebody else changes the firewall's rules, ours or others, during the trial",
  },
  "ha-event": {
    source: "host",
    failsWhen: "the firewall gains or loses an address or a role of its pair, as in a failover",
  },
  "quiet-conduit": {
    source: "permit counters",
    failsWhen: "nothing is asked of any permit of the conduit: a stopped line proves nothing",
  },
  "tcp-probe": {
    source: "probe",
    failsWhen: "a TCP connection that was named for it does not open",
    parameters: ["address", "port", "from", "high-target-accepted"],
    needed: ["address", "port"],
  },
  "external-signal": {
    source: "signal",
    failsWhen: "a file says otherwise than expected, or a command ends with exit code 1 or 2",
    parameters: ["file", "expect", "stale-after", "command"],
  },
} as const satisfies Readonly<Record<string, TypeFacts>>;

export type CriterionType = keyof typeof types;

/** What an abort criterion may measure. */
export const criterionTypes: Readonly<Record<CriterionType, TypeFacts>> = types;

export const criterionTypeNames = Object.keys(types) as [CriterionType, ...CriterionType[]];

/** What ends every trial, whatever the site file says. */
export const alwaysEnds = {
  "operator abort":
    "Ctrl-C in the session of the trial, or `sluice abort` by anybody whom the site file names",
  "window end": "the trial's maximum is over, or its window ends but for the reserve",
} as const;
