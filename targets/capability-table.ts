import { formatProtocol } from "../src/net/protocol.ts";
import type { Capabilities, Target } from "../src/target.ts";

/** What each capability is called in the docs, and how its value reads. A new one without a row does not compile. */
const rows: { readonly [Key in keyof Capabilities]: readonly [string, (of: Capabilities) => string] } = {
  nameLength: [
    "longest name; a longer one is cut and hashed",
    ({ nameLength }) => `${nameLength} characters`,
  ],
  lookup: [
    "a packet finds its permit in",
    ({ lookup }) => {
      switch (lookup.kind) {
        case "sets":
          return "sets, hashed where they can be";
        case "tree":
          return `a tree of chains, at most ${lookup.chains} one behind the other`;
        case "list":
          return "the rules, in their order";
      }
    },
  ],
  portSlots: [
    "ports in one rule",
    ({ portSlots }) => (portSlots === 1 ? "one, or one range" : `${portSlots}; a range counts as two`),
  ],
  addressLists: [
    "addresses at each end of a rule",
    ({ addressLists }) => (addressLists ? "lists, as tables" : "one"),
  ],
  addressRanges: [
    "ranges of addresses",
    ({ addressRanges }) => ({ whole: "as they are", prefixes: "split into prefixes" })[addressRanges],
  ],
  disjointElements: [
    "overlapping permits",
    ({ disjointElements }) => (disjointElements ? "cut apart, the earlier one counts" : "kept, each counts"),
  ],
  portProtocols: ["ports of", ({ portProtocols }) => portProtocols.map(formatProtocol).join(", ")],
  portNumbers: [
    "port numbers",
    ({ portNumbers: { lowest, widest } }) =>
      `${lowest} to 65535${widest < 65_535 ? `, a range of at most ${widest}` : ""}`,
  ],
  sessions: [
    "sessions that are open when enforcement begins",
    ({ sessions }) =>
      sessions
        .map((mode) => ({ rematch: "judged anew", drain: "let run for a while", cut: "ended by name" })[mode])
        .join(", "),
  ],
  pairs: [
    "of a high-availability pair is changed",
    ({ pairs }) =>
      ({ each: "each member, the standby first", primary: "the primary; it hands its rules on" })[pairs],
  ],
  lease: [
    "a trial's lease is held by",
    ({ lease }) => ({ kernel: "the kernel", helper: "a helper process on the firewall" })[lease],
  ],
  judge: [
    "what its rulesets mean was judged by",
    ({ judge }) => ({ real: "real ones, with packets", nobody: "nobody yet: **unproven**" })[judge],
  ],
};

/** The table of targets/README.md, as Markdown. */
export function capabilityTable(targets: Iterable<Target>): string {
  const all = [...targets];
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["", ...all.map(({ name }) => name)]),
    line(["---", ...all.map(() => "---")]),
    ...Object.values(rows).map(([name, text]) =>
      line([name, ...all.map(({ capabilities }) => text(capabilities))]),
    ),
  ].join("\n");
}
