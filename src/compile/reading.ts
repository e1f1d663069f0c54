import type { Span } from "../diagnostics/diagnostic.ts";
import { interfaceClasses } from "../net/interfaces.ts";
import type { ConnectionState, Packet } from "../net/packet.ts";
import { matches } from "./evaluate.ts";
import type { Action, Cube, Program, Rule } from "./program.ts";

/** A ruleset that stands in the way of a forwarded packet. */
export interface Gate {
  /** As its platform names it: family, table and chain. */
  readonly name: string;
  readonly program: Program;
}

/** Something in a ruleset whose effect on a packet is not known, and where it stands. */
export interface Unmodelled {
  readonly construct: string;
  readonly span: Span;
}

/**
 * Somebody's ruleset as it is read. A packet passes when every gate lets it pass, whatever their order. An original
 * packet is the first one of its connection, of TCP its SYN; those that follow are not told apart from it.
 */
export interface Reading {
  readonly gates: readonly Gate[];
  readonly unmodelled: readonly Unmodelled[];
}

/** The state that connection tracking gives to a packet, by its name in Linux; see `Reading` for "new". */
export const linuxStates: ReadonlyMap<string, ConnectionState> = new Map([
  ["new", "original"],
  ["established", "reply"],
  ["related", "related"],
  ["invalid", "none"],
]);

/** Chains of netfilter with the one that the hook calls, which has a policy: leaving it is as coming to its end. */
export interface Hooked {
  readonly name: string;
  readonly chain: string;
  readonly policy: "accept" | "drop" | "unknown";
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
  /** Packets that come to the chain; all others pass. */
  readonly reached: readonly Cube[];
  readonly span: Span;
}

export function hookedGate({ name, chain, policy, chains, reached, span }: Hooked): Gate {
  // No chain has a space in its name.
  const [entry, hooked] = ["the hook", "the chain and its policy"];
  const around: readonly (readonly [string, readonly Rule[]])[] = [
    [entry, [{ cubes: reached, action: { kind: "goto", chain: hooked }, span }]],
    [
      hooked,
      [
        { cubes: [{}], action: { kind: "jump", chain }, span },
        ...(policy === "unknown"
          ? ([
              { cubes: [{ uncertain: true }], action: { kind: "accept" }, span },
              { cubes: [{}], action: { kind: "drop" }, span },
            ] as const)
          : [{ cubes: [{}], action: { kind: policy }, span }]),
      ],
    ],
  ];
  return { name, program: { entry, policy: "accept", chains: new Map([...chains, ...around]) } };
}

/** Packets of a connection that is offloaded come to no chain, and which are, nobody says; never the first of one. */
export const offloaded = (reached: Cube): readonly Cube[] => [
  { ...reached, states: ["original", "related", "none"] },
  { ...reached, states: ["reply"], uncertain: true },
];

/**
 * The same rules where one end of a packet is not yet, or no longer, as the filter sees it; undefined where no rule
 * asks for that end.
 */
export function withoutEnd(
  chains: ReadonlyMap<string, readonly Rule[]>,
  end: "source" | "destination",
): ReadonlyMap<string, readonly Rule[]> | undefined {
  const asks = [...chains.values()].some((rules) =>
    rules.some(({ cubes }) => cubes.some((cube) => endless(cube, end) !== cube)),
  );
  if (!asks) return undefined;
  const rewritten = (rule: Rule): Rule => ({ ...rule, cubes: rule.cubes.map((cube) => endless(cube, end)) });
  return new Map([...chains].map(([name, rules]) => [name, rules.map(rewritten)]));
}

function endless(cube: Cube, end: "source" | "destination"): Cube {
  const port = end === "source" ? "sourcePort" : "destinationPort";
  const { [end]: address, [port]: ports, ...rest } = cube;
  if (!address && !ports) return cube;
  const family = cube.family ?? address?.family;
  return { ...rest, ...(family && { family }), uncertain: true };
}

/** A chain that leads back to itself, which no kernel loads; undefined when none does. */
export function loopIn(chains: ReadonlyMap<string, readonly Rule[]>): string | undefined {
  const done = new Set<string>();
  const visit = (name: string, above: ReadonlySet<string>): string | undefined => {
    if (above.has(name)) return name;
    if (done.has(name)) return undefined;
    const path = new Set(above).add(name);
    for (const { action } of chains.get(name) ?? []) {
      const found = "chain" in action ? visit(action.chain, path) : undefined;
      if (found !== undefined) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const name of chains.keys()) {
    const found = visit(name, new Set());
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same ruleset with interfaces as something that is not modelled. */
export const withoutInterfaces = (reading: Reading): Reading => ({
  ...reading,
  gates: reading.gates.map(({ name, program }) => ({
    name,
    program: {
      ...program,
      chains: new Map([...program.chains].map(([chain, rules]) => [chain, rules.map(blind)])),
    },
  })),
});

const blind = (rule: Rule): Rule => ({
  ...rule,
  cubes: rule.cubes.map((cube) => {
    if (!cube.ingress && !cube.egress) return cube;
    const { ingress: _in, egress: _out, ...rest } = cube;
    return { ...rest, uncertain: true };
  }),
});

/** `unknown`: it depends on something that is not modelled. */
export type Answer = "accept" | "drop" | "unknown";

/** What may become of a packet in a chain; several when a rule may match or not. */
type Fate = "next" | "back" | "accept" | "drop";

/**
 * Walks a reading with one packet along every way that it may take, by all interfaces that it may come and leave by
 * where it does not say. Slow, obvious, and apart from the diagrams: it is
 * what they are tested against.
 */
export function judge(reading: Reading, packet: Packet): Answer {
  const answers = new Set(waysOf(reading, packet).map((way) => judgeOn(reading, { ...packet, ...way })));
  const [answer] = answers;
  return answers.size === 1 && answer ? answer : "unknown";
}

/** The interfaces by which a packet may come and leave, as far as the reading tells them apart. */
function waysOf({ gates }: Reading, packet: Packet): readonly Pick<Packet, "ingress" | "egress">[] {
  const classes = (end: "ingress" | "egress"): readonly (string | undefined)[] => {
    if (packet[end] !== undefined) return [packet[end]];
    const asked = gates.flatMap(({ program }) =>
      [...program.chains.values()].flatMap((rules) =>
        rules.flatMap(({ cubes }) => cubes.flatMap((cube) => cube[end] ?? [])),
      ),
    );
    return asked.length > 0 ? interfaceClasses(asked) : [undefined];
  };
  return classes("ingress").flatMap((ingress) =>
    classes("egress").map((egress) => ({
      ...(ingress !== undefined && { ingress }),
      ...(egress !== undefined && { egress }),
    })),
  );
}

function judgeOn({ gates }: Reading, packet: Packet): Answer {
  const fates = gates.map(({ program }) => walk(program, (cube) => matches(cube, packet)));
  if (fates.some((fate) => !fate.has("accept"))) return "drop";
  return fates.some((fate) => fate.has("drop")) ? "unknown" : "accept";
}

function walk(program: Program, holds: (cube: Cube) => boolean): ReadonlySet<Fate> {
  const chain = (name: string): ReadonlySet<Fate> => {
    const fates = new Set<Fate>();
    for (const { cubes, action } of program.chains.get(name)!) {
      const matched = cubes.filter(holds);
      if (matched.length === 0) continue;
      const effect = effectOf(action, chain);
      for (const fate of effect) if (fate !== "next") fates.add(fate);
      const goesOn = effect.has("next") || matched.every(({ uncertain }) => uncertain);
      if (!goesOn) return fates;
    }
    return fates.add("next");
  };
  const fates = chain(program.entry);
  const end: readonly Fate[] = fates.has("next") || fates.has("back") ? [program.policy] : [];
  return new Set([...fates, ...end].filter((fate) => fate === "accept" || fate === "drop"));
}

function effectOf(action: Action, chain: (name: string) => ReadonlySet<Fate>): ReadonlySet<Fate> {
  switch (action.kind) {
    case "accept":
    case "drop":
      return new Set([action.kind]);
    case "record":
      return new Set(["next"]);
    case "return":
      return new Set(["back"]);
    case "jump":
    case "goto": {
      const open = action.kind === "jump" ? "next" : "back";
      return new Set(
        [...chain(action.chain)].map((fate) => (fate === "back" || fate === "next" ? open : fate)),
      );
    }
  }
}
