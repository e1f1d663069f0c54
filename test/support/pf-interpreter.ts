/**
 * What a pf ruleset does with a forwarded packet, read straight from pf.conf(5) and line by line, the way pf walks its
 * rules: a second reading, which shares no code with the product's reader. It knows the words of our rulesets and of
 * careless edits to them; any other makes it throw.
 *
 * - PACKET FILTERING: rules are asked in order, the last one that matches decides, `quick` decides at once; no rule: pass.
 * - MATCH: no verdict; its tag and its log count at once.
 * - PACKET TAGGING: a packet carries one tag, the last that it was given; a rule sees what was given before it.
 * - self, and an interface in parentheses, are addresses of the firewall: no end of a packet that it forwards.
 * - STATEFUL FILTERING: a reply has the fate of its request, so requests say all.
 */
export interface PfTuple {
  readonly family: 4 | 6;
  readonly source: bigint;
  readonly destination: bigint;
  readonly protocol: number;
  /** Destination port or ICMP type; undefined for a protocol that has neither. */
  readonly payload?: number;
}

export interface PfFate {
  readonly verdict: "accept" | "drop";
  readonly recorded: boolean;
}

interface Network {
  readonly family: 4 | 6;
  readonly from: bigint;
  readonly to: bigint;
}
type Addresses = "any" | readonly Network[];

interface Line {
  readonly action: "pass" | "block" | "match";
  readonly direction: "in" | "out" | "both";
  readonly log: boolean;
  readonly quick: boolean;
  readonly family: 4 | 6 | undefined;
  readonly source: Addresses;
  readonly destination: Addresses;
  readonly protocol: number | undefined;
  readonly payload: readonly [number, number] | undefined;
  readonly tag: string | undefined;
  readonly tagged: { readonly tag: string; readonly wanted: boolean } | undefined;
}

const protocols: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, "ipv6-icmp": 58 };

function network(text: string): Network {
  const [address = "", length] = text.split("/");
  const family = address.includes(":") ? 6 : 4;
  const bits = family === 4 ? 32 : 128;
  const host = BigInt(bits - Number(length ?? bits));
  const value = family === 4 ? ipv4(address) : ipv6(address);
  const from = (value >> host) << host;
  return { family, from, to: from + (1n << host) - 1n };
}

function ipv4(text: string): bigint {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d+$/.test(part) || Number(part) > 255))
    throw new Error(`no address: ${text}`);
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function ipv6(text: string): bigint {
  const [head = "", tail] = text.split("::");
  const groups = (part: string): string[] => part.split(":").filter((group) => group !== "");
  const [left, right] = [groups(head), groups(tail ?? "")];
  const zeros = Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill("0");
  const all = [...left, ...zeros, ...right];
  if (all.length !== 8) throw new Error(`no address: ${text}`);
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/** A ruleset as its lines. @throws for a word that is not known. */
export function readPf(text: string): readonly Line[] {
  const tables = new Map<string, readonly Network[]>();
  const lines: Line[] = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const table = /^table <(\w+)> const \{ (.*) \}$/.exec(line);
    if (table) tables.set(table[1]!, table[2]!.split(" ").map(network));
    else lines.push(readLine(line.match(/"[^"]*"|<\w+>|\(\w+\)|[^\s<>()"]+/g) ?? [], tables));
  }
  return lines;
}

function readLine(words: readonly string[], tables: ReadonlyMap<string, readonly Network[]>): Line {
  let at = 0;
  const next = (): string => words[at++] ?? "";
  const take = (word: string): boolean => words[at] === word && at++ >= 0;
  const need = (word: string): void => {
    if (!take(word)) throw new Error(`"${words[at]}" where "${word}" was expected`);
  };
  const number = (word: string): number => {
    if (!/^\d+$/.test(word)) throw new Error(`no number: ${word}`);
    return Number(word);
  };
  const end = (): Addresses => {
    const word = next();
    if (word === "any") return "any";
    if (word === "self" || /^\(\w+\)$/.test(word)) return [];
    if (!word.startsWith("<")) return [network(word)];
    const entries = tables.get(word.slice(1, -1));
    if (!entries) throw new Error(`no table ${word}`);
    return entries;
  };

  const action = next();
  if (action !== "pass" && action !== "block" && action !== "match") throw new Error(`no action: ${action}`);
  if (action === "block" && !take("return")) take("drop");
  const direction = take("in") ? "in" : take("out") ? "out" : "both";
  const log = take("log");
  const quick = take("quick");
  const family = take("inet") ? 4 : take("inet6") ? 6 : undefined;
  const name = take("proto") ? next() : undefined;
  const protocol = name === undefined ? undefined : (protocols[name] ?? number(name));
  need("from");
  const source = end();
  need("to");
  const destination = end();
  let payload: Line["payload"];
  if (take("port")) {
    const [from = "", to = from] = next().split(":");
    payload = [number(from), number(to)];
  }
  if (take("flags")) need("any");
  if (take("icmp-type") || take("icmp6-type")) {
    const type = number(next());
    payload = [type, type];
  }
  const tag = take("tag") ? next() : undefined;
  const not = take("!");
  const tagged = take("tagged") ? { tag: next(), wanted: !not } : undefined;
  if (not && !tagged) throw new Error('"!" without "tagged"');
  if (take("ridentifier")) number(next());
  while (take("label")) next();
  if (at < words.length) throw new Error(`"${words[at]}" is not expected`);
  if (payload && protocol === undefined) throw new Error("a port or a type without a protocol");
  return {
    ...{ action, direction, log, quick, family, source, destination, protocol, payload, tag, tagged },
  };
}

/** Numbers at which some answer may change, of each axis. */
export interface Cuts {
  readonly addresses: Readonly<Record<4 | 6, readonly bigint[]>>;
  readonly services: readonly Pick<PfTuple, "protocol" | "payload">[];
}

/** One address for each set of networks that are named, and one service for each range: every other packet has a twin among these. */
export function cutsOf(lines: readonly Line[]): Cuts {
  const networks = lines
    .flatMap(({ source, destination }) => [source, destination])
    .filter((e) => e !== "any");
  const inFamily = (family: 4 | 6): readonly bigint[] => {
    const last = (1n << (family === 4 ? 32n : 128n)) - 1n;
    const named = [
      ...new Map(networks.flat().map((one) => [`${one.family} ${one.from}-${one.to}`, one])).values(),
    ];
    const own = named.filter((one) => one.family === family);
    const edges = own.flatMap(({ from, to }) => [from, to + 1n]).filter((edge) => edge <= last);
    const alike = new Map<string, bigint>();
    for (const edge of [0n, ...edges]) {
      const within = own.map(({ from, to }) => (from <= edge && edge <= to ? "1" : "0")).join("");
      if (!alike.has(within)) alike.set(within, edge);
    }
    return [...alike.values()];
  };
  const named = [...new Set([6, 17, 1, 58, 254, ...lines.flatMap(({ protocol }) => protocol ?? [])])];
  const services = named.flatMap((protocol) => {
    const ranges = lines.flatMap((line) =>
      line.payload && (line.protocol === undefined || line.protocol === protocol) ? [line.payload] : [],
    );
    const most = protocol === 1 || protocol === 58 ? 255 : 65_535;
    const edges = ranges.flatMap(([from, to]) => [from, to + 1]).filter((edge) => edge <= most);
    return [6, 17, 1, 58].includes(protocol)
      ? [...new Set([0, ...edges])].map((payload) => ({ protocol, payload }))
      : [{ protocol }];
  });
  return { addresses: { 4: inFamily(4), 6: inFamily(6) }, services };
}

/** The fates of all packets of a grid, in its order: families, sources, destinations, services. */
export function fatesOf(lines: readonly Line[], { addresses, services }: Cuts): readonly PfFate[] {
  const asked = lines.filter(({ direction }) => direction !== "out");
  const leaving = lines.filter(({ direction }) => direction !== "in");
  if (leaving.length > 0) throw new Error("a rule for packets that leave");
  const served = services.map((one) => asked.map((line) => isService(line, one)));
  return ([4, 6] as const).flatMap((family) => {
    const sides = (["source", "destination"] as const).map((side) =>
      addresses[family].map((address) =>
        asked.map((line) => (line.family ?? family) === family && isWithin(line[side], family, address)),
      ),
    );
    const [sources, destinations] = sides;
    return sources!.flatMap((from) =>
      destinations!.flatMap((to) => served.map((by) => walk(asked, from, to, by))),
    );
  });
}

/** The packets of a grid, in the order of `fatesOf`. */
export const tuplesOf = ({ addresses, services }: Cuts): readonly PfTuple[] =>
  ([4, 6] as const).flatMap((family) =>
    addresses[family].flatMap((source) =>
      addresses[family].flatMap((destination) =>
        services.map((service) => ({ family, source, destination, ...service })),
      ),
    ),
  );

const isWithin = (addresses: Addresses, family: 4 | 6, address: bigint): boolean =>
  addresses === "any" ||
  addresses.some((one) => one.family === family && one.from <= address && address <= one.to);

const isService = ({ protocol, payload }: Line, one: Pick<PfTuple, "protocol" | "payload">): boolean =>
  (protocol === undefined || protocol === one.protocol) &&
  (payload === undefined ||
    (one.payload !== undefined && payload[0] <= one.payload && one.payload <= payload[1]));

function walk(
  lines: readonly Line[],
  from: readonly boolean[],
  to: readonly boolean[],
  by: readonly boolean[],
): PfFate {
  let tag: string | undefined;
  let recorded = false;
  let decided: Line | undefined;
  for (const [at, line] of lines.entries()) {
    if (!from[at] || !to[at] || !by[at]) continue;
    if (line.tagged && (line.tagged.tag === tag) !== line.tagged.wanted) continue;
    if (line.tag !== undefined) tag = line.tag;
    if (line.action !== "match") decided = line;
    else if (line.log) recorded = true;
    if (line.quick) break;
  }
  return fates[decided?.action === "block" ? "drop" : "accept"][`${recorded || (decided?.log ?? false)}`];
}

/** One object for each fate, so that grids are compared by identity. */
const fates = {
  accept: { true: { verdict: "accept", recorded: true }, false: { verdict: "accept", recorded: false } },
  drop: { true: { verdict: "drop", recorded: true }, false: { verdict: "drop", recorded: false } },
} as const;
