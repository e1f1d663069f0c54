/** What the demo measured. Times are in seconds; hashes are SHA-256 in hex. */
export interface Figures {
  readonly schema: "sluice/demo";
  readonly version: 1;
  readonly versions: {
    readonly sluice: string;
    readonly node: string;
    readonly kernel: string;
    readonly nft: string;
  };
  /** Polls of the sessions that the policy permits, over the whole demo. */
  readonly permitted: {
    readonly sessions: number;
    readonly polls: number;
    readonly late: number;
    readonly missed: number;
    readonly longestGap: number;
  };
  readonly forbidden: {
    readonly seenInMonitor: boolean;
    /** From the moment that enforcement was armed to the session's last answer, at most; 0 when none came after. */
    readonly secondsUntilCut: number;
  };
  readonly lease: {
    readonly seconds: number;
    /** From the cut of the management link to the moment that no packet met the trial any more; at most. */
    readonly secondsUntilBack: number;
  };
  readonly rollback: { readonly seconds: number };
  readonly ruleset: {
    readonly before: string;
    readonly monitor: string;
    readonly enforce: string;
    readonly afterRollback: string;
  };
  readonly seconds: number;
}

/** The promises that the figures break, in words; none when the demo kept them all. */
export function brokenPromises(figures: Figures): readonly string[] {
  const { permitted, forbidden, lease, ruleset } = figures;
  const promises: readonly (readonly [boolean, string])[] = [
    [permitted.missed === 0, `${permitted.missed} permitted polls were missed`],
    [forbidden.seenInMonitor, "monitor did not see the forbidden session"],
    [
      forbidden.secondsUntilCut <= 1,
      `the forbidden session was cut only after ${forbidden.secondsUntilCut} s`,
    ],
    [
      lease.secondsUntilBack <= lease.seconds + 1,
      `the firewall was back only after ${lease.secondsUntilBack} s`,
    ],
    [ruleset.monitor !== ruleset.before, "monitor changed nothing"],
    [ruleset.enforce !== ruleset.monitor, "enforcement changed nothing"],
    [ruleset.afterRollback === ruleset.monitor, "rollback did not bring back what was there"],
  ];
  return promises.filter(([kept]) => !kept).map(([, broken]) => broken);
}

/** The figures as the engineer reads them. */
export function renderFigures(figures: Figures): string {
  const { versions, permitted, forbidden, lease, rollback, ruleset } = figures;
  const lines: readonly (readonly [string, string])[] = [
    ["permitted polls", `${permitted.polls} in ${permitted.sessions} sessions`],
    ["  missed", `${permitted.missed}`],
    ["  late", `${permitted.late} (longest time between two answers ${permitted.longestGap.toFixed(2)} s)`],
    [
      "forbidden session",
      `seen in monitor, cut ${forbidden.secondsUntilCut.toFixed(2)} s after enforcement was armed`,
    ],
    [
      "link cut in the trial",
      `back by itself after ${lease.secondsUntilBack.toFixed(1)} s (lease ${lease.seconds} s)`,
    ],
    ["rollback", `${rollback.seconds.toFixed(2)} s, one command`],
    [
      "ruleset",
      `${short(ruleset.before)} before, ${short(ruleset.monitor)} monitor, ${short(ruleset.enforce)} enforce`,
    ],
    ["", `${short(ruleset.afterRollback)} after rollback`],
    [
      "whole demo",
      `${figures.seconds.toFixed(0)} s (Node ${versions.node}, Linux ${versions.kernel}, ${versions.nft})`,
    ],
  ];
  return lines.map(([name, value]) => `  ${name.padEnd(24)}${value}`).join("\n");
}

const short = (hash: string): string => hash.slice(0, 12);
