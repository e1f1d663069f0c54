import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/compile/backend.ts";
import { evaluate } from "../../src/compile/evaluate.ts";
import type { Stage } from "../../src/compile/ir.ts";
import { policyProgram } from "../../src/compile/policy-program.ts";
import type { Program } from "../../src/compile/program.ts";
import { formatAddress } from "../../src/net/address.ts";
import { formatPacket, type Packet } from "../../src/net/packet.ts";
import { icmpProtocol, icmpReplyType, portProtocols } from "../../src/net/protocol.ts";
import { compileConduit } from "../../src/verify/compile.ts";
import { createSpace, dimension } from "../../src/verify/diagram/space.ts";
import { iptables } from "../../targets/iptables/target.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { missingForIptables } from "../support/iptables-host.ts";
import { anyPolicy, bare, policy, tcp, udp, unlimited } from "../support/policies.ts";
import { missingForNft } from "../support/real-nft.ts";

/**
 * The kernel is the judge: packets at the edges of every range go through a router that runs the compiled ruleset, and
 * must come out exactly where the evaluator lets them pass.
 */
interface Judge {
  readonly name: string;
  readonly missing: string | undefined;
  readonly target: Backend;
  /** Loads a ruleset on standard input, and prints the rules and the record. */
  readonly load: string;
  readonly list: string;
  /** Whether it judges by what stands behind an authentication header of IPv6, or by that header. */
  readonly behindAuthentication: boolean;
  /** How the record shows a request of TCP. */
  readonly noted: (source: string, destination: string, port: string) => string;
}

const missingHere =
  missingForNft ?? (spawnSync("python3", ["--version"]).status === 0 ? undefined : "needs python3");

const iptablesJudge = (variant: "legacy" | "nft"): Judge => ({
  name: `iptables-${variant}`,
  missing: missingHere ?? missingForIptables,
  target: iptables,
  load:
    "file=$(mktemp); cat > $file; sed -n 's/^#ipset //p' $file | ipset restore; for version in ip ip6; do " +
    `\${version}tables-${variant}-restore --noflush < $file && \${version}tables-${variant} -I FORWARD -j SLUICE || exit; done`,
  behindAuthentication: variant === "legacy",
  list: `iptables-${variant}-save; ip6tables-${variant}-save; ipset save`,
  noted: (source, destination, port) => `${source},tcp:${port},${destination} timeout`,
});

const judges: readonly Judge[] = [
  {
    name: "nft",
    missing: missingHere,
    target: nftables,
    load: "nft -f -",
    list: "nft -s list table inet sluice",
    behindAuthentication: false,
    noted: (source, destination, port) => `${source} . ${destination} . tcp . ${port} counter`,
  },
  iptablesJudge("legacy"),
  iptablesJudge("nft"),
];

/** A packet in the words of exchange.py. */
type Wire = Readonly<Record<string, unknown>>;

interface Sent {
  readonly packet: Packet;
  readonly wire: Wire;
  /** What has to go before the ruleset is loaded, so that the packet belongs to a session of long ago. */
  readonly opening?: readonly Wire[];
}

/** `new` asks for a session, `open` goes the same way in a session that is open, `answer` goes the other way in it. */
type Part = "new" | "open" | "answer";

/** Values where a program may change its mind: both ends of each range, of a drawn rank. */
const edges = (program: Program, family: 4 | 6, level: number): readonly bigint[] => {
  const { points } = createSpace([program]).axis(level, family);
  return [...new Set(points.slice(1).flatMap((point, rank) => [points[rank]!, point - 1n]))];
};

const inWorld =
  (family: 4 | 6) =>
  (address: bigint): boolean =>
    family === 4
      ? address >> 10n === 0x0a000000n >> 10n && [1n, 2n, 3n].includes((address >> 8n) & 3n)
      : address >> 112n === 0xfd00n &&
        [1n, 2n, 3n].includes((address >> 96n) & 0xffffn) &&
        (address & (2n ** 96n - 1n)) < 256n;

/** Packets of one part of their sessions at the edges of a program, from addresses of the plant. */
function edgePackets(program: Program, part: Part, seed: number): readonly Packet[] {
  return ([4, 6] as const).flatMap((family) => {
    const address = (level: number) =>
      fc.constantFrom(...edges(program, family, level).filter(inWorld(family)));
    const service = fc.constantFrom(...edges(program, family, dimension.service).map(Number));
    const responder = fc.constantFrom(...edges(program, family, dimension.sourcePort).map(Number));
    const packet = fc
      .record({
        destination: address(dimension.destination),
        source: address(dimension.source),
        service,
        responder,
      })
      .map(({ source, destination, service: tagged, responder: port }): Packet => {
        const [protocol, payload] = [tagged >> 16, tagged & 0xffff];
        const ports =
          part === "answer"
            ? { sourcePort: port, destinationPort: 1 }
            : { sourcePort: 1, destinationPort: payload };
        const state = isOtherIcmp(family, protocol) ? "none" : part === "answer" ? "reply" : "original";
        return {
          ...{ family, state, source, destination, protocol },
          ...(portProtocols.has(protocol) && ports),
          ...((protocol === 1 || protocol === 58) && { icmpType: payload >> 8, icmpCode: payload & 0xff }),
        };
      })
      .filter(({ protocol }) => sendable.has(protocol));
    return fc.sample(packet, { numRuns: 120, seed });
  });
}

/** Protocols whose packets exchange.py knows how to make. */
const sendable: ReadonlySet<number> = new Set([1, 6, 17, 33, 47, 50, 58, 89, 132, 136]);
/** Linux may follow no ports of these: all of it between two hosts is one session. */
const portless = ({ protocol, destinationPort, icmpType }: Packet): boolean =>
  icmpType === undefined && (destinationPort === undefined || [33, 136].includes(protocol));

/**
 * ICMP of the other IP version. Linux has a tracker for it by its number, which follows its own IP version only
 * (nf_conntrack_proto_icmp.c, nf_conntrack_proto_icmpv6.c): whatever its type, it belongs to no connection.
 */
const isOtherIcmp = (family: 4 | 6, protocol: number): boolean =>
  protocol === icmpProtocol(family === 4 ? 6 : 4);

/**
 * Packets as they go on the wire. Client ports and echo ids are the packet's own, and of port-less protocols one
 * packet goes between any two hosts, so that no packet answers another by chance.
 */
function toWire(packets: Readonly<Record<Part, readonly Packet[]>>): readonly Sent[] {
  const taken = new Set<string>();
  const all = (["new", "open", "answer"] as const).flatMap((part) =>
    packets[part].map((packet) => ({ packet, part })),
  );
  return all.flatMap(({ packet, part }, index): readonly Sent[] => {
    const { family, source, destination, protocol } = packet;
    const id = index + 1;
    const isIcmp = packet.icmpType !== undefined;
    const ends = [source, destination].sort().join();
    const key = portless(packet) ? `${family} ${ends} ${protocol}` : `${id}`;
    if (taken.has(key)) return [];
    const isLeft = (address: bigint): boolean =>
      (family === 4 ? (address >> 8n) & 3n : (address >> 96n) & 3n) === 1n;
    if (isLeft(source) === isLeft(destination)) return [];
    const text = (address: bigint): string => formatAddress(family, address);
    const side = isLeft(source) ? "left" : "right";
    const base = { id, side, family, source: text(source), destination: text(destination), protocol };
    const turned = {
      ...base,
      side: side === "left" ? "right" : "left",
      source: base.destination,
      destination: base.source,
    };
    const sent = ((): Sent | undefined => {
      if (isOtherIcmp(family, protocol)) return { packet, wire: { ...base, ...payload(packet, id) } };
      if (part === "answer") {
        const asked = requestType(family, packet.icmpType);
        if (isIcmp && asked === undefined) return undefined;
        const reply = {
          ...packet,
          ...(packet.sourcePort !== undefined && { destinationPort: 30_000 + id }),
          ...(isIcmp && { icmpCode: 0 }),
        };
        const request = isIcmp
          ? { type: asked, code: 0, echo: id }
          : { sport: reply.destinationPort ?? 0, dport: reply.sourcePort ?? 0 };
        const answer = { ...base, ...payload(reply, id) };
        return {
          packet: reply,
          wire: { ...answer, flags: "ack" },
          opening: opening({ ...turned, ...request }, answer),
        };
      }
      const own = { ...packet, ...(packet.sourcePort !== undefined && { sourcePort: 20_000 + id }) };
      const asked = { ...base, ...payload(own, id) };
      if (part === "new") return { packet: own, wire: asked };
      const answered = isIcmp ? icmpReplyType(family, packet.icmpType ?? 0) : undefined;
      if (isIcmp && (answered === undefined || packet.icmpCode !== 0)) return undefined;
      const answer = isIcmp
        ? { type: answered, code: 0, echo: id }
        : { sport: own.destinationPort ?? 0, dport: own.sourcePort ?? 0 };
      return {
        packet: own,
        wire: { ...asked, flags: "forth" },
        opening: opening(asked, { ...turned, ...answer }),
      };
    })();
    if (sent) taken.add(key);
    return sent ? [sent] : [];
  });
}

/** What opens a session: for TCP two of the three steps are enough for connection tracking, for SCTP all four. */
const opening = (request: Wire, answer: Wire): readonly Wire[] => [
  { ...request, flags: "syn" },
  { ...answer, flags: "synack" },
  ...(request.protocol === 132
    ? [
        { ...request, flags: "echo" },
        { ...answer, flags: "echoed" },
      ]
    : []),
];

const payload = (packet: Packet, id: number): Readonly<Record<string, number>> =>
  packet.icmpType === undefined
    ? { sport: packet.sourcePort ?? 0, dport: packet.destinationPort ?? 0 }
    : { type: packet.icmpType, code: packet.icmpCode ?? 0, echo: id };

/** The request that an ICMP type answers, among those that connection tracking follows. */
const requestType = (family: 4 | 6, reply: number | undefined): number | undefined =>
  [8, 13, 128].find((type) => icmpReplyType(family, type) === reply);

const forwarded = (judge: Judge, ruleset: string, sent: readonly Sent[]) =>
  exchange(judge, ruleset, {
    before: sent.flatMap(({ opening }) => opening ?? []),
    after: sent.map(({ wire }) => wire),
  });

/**
 * Sends some packets before and some after a ruleset is loaded: which of the latter came out, what is listed then, and
 * for each packet of `sweep` the ports that let it pass.
 */
function exchange(
  judge: Judge,
  ruleset: string,
  packets: {
    readonly before: readonly Wire[];
    readonly after: readonly Wire[];
    readonly sweep?: readonly Wire[];
  },
): {
  readonly ids: ReadonlySet<number>;
  readonly listing: string;
  readonly swept: readonly (readonly number[])[];
} {
  const input = JSON.stringify({ ...packets, ruleset, load: judge.load, list: judge.list });
  const script = join(import.meta.dirname, "exchange.py");
  const { status, stdout, stderr } = spawnSync("unshare", ["--net", "--mount", "python3", script], {
    input,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const { forwarded, ...rest } = JSON.parse(stdout) as {
    readonly forwarded: readonly number[];
    readonly listing: string;
    readonly swept: readonly (readonly number[])[];
  };
  return { ids: new Set(forwarded), ...rest };
}

const compiled = (target: Backend, drawn: ReturnType<typeof policy>, stage: Stage): string =>
  compileConduit({
    ...drawn,
    firewall: "fw1",
    stage,
    target,
    baseline: undefined,
    budget: unlimited,
  }).ruleset!.text;

const drawnPolicies = fc.sample(anyPolicy, { numRuns: 20, seed: 20_260 });

/** One host on each side, by IP version. */
const hosts = { 4: ["10.0.1.2", "10.0.2.3"], 6: ["fd00:1::2", "fd00:2::3"] } as const;

describe.each(judges)("the kernel with $name", (judge) => {
  const policies = drawnPolicies.slice(0, 5);
  describe.skipIf(judge.missing)(judge.missing ? `(skipped: ${judge.missing})` : "here", () => {
    test.each(policies.map((drawn, index) => [index, drawn] as const))(
      "forwards what policy %i admits in enforce, new, in open sessions and as answers, and nothing else",
      (index, drawn) => {
        const program = policyProgram(drawn.site, drawn.conduit, "enforce");
        const sent = toWire({
          new: edgePackets(program, "new", index),
          open: edgePackets(program, "open", index + 100),
          answer: edgePackets(program, "answer", index),
        });
        const { ids } = forwarded(judge, compiled(judge.target, drawn, "enforce"), sent);
        const wanted = sent.filter(({ packet }) => evaluate(program, packet).verdict === "accept");
        const passed = sent.filter(({ wire }) => ids.has(wire.id as number));
        expect(passed.map(({ packet }) => formatPacket(packet))).toEqual(
          wanted.map(({ packet }) => formatPacket(packet)),
        );
        expect(sent.length).toBeGreaterThan(60);
      },
      60_000,
    );

    test("forwards everything in monitor, and records what enforcement would drop", () => {
      // Not every policy that is drawn forbids anything.
      const { drawn, sent, noted } = drawnPolicies
        .map((candidate) => {
          const program = policyProgram(candidate.site, candidate.conduit, "monitor");
          const packets = toWire({
            new: edgePackets(program, "new", 7),
            open: [],
            answer: edgePackets(program, "answer", 7),
          });
          const forbidden = packets.filter(
            ({ packet }) =>
              packet.protocol === 6 && packet.state === "original" && evaluate(program, packet).recorded,
          );
          return { drawn: candidate, sent: packets, noted: forbidden };
        })
        .findLast(({ noted: forbidden }) => forbidden.length > 0)!;
      const { ids, listing } = forwarded(judge, compiled(judge.target, drawn, "monitor"), sent);
      expect(sent.filter(({ wire }) => !ids.has(wire.id as number))).toEqual([]);
      for (const { wire } of noted) {
        expect(listing).toContain(judge.noted(`${wire.source}`, `${wire.destination}`, `${wire.dport}`));
      }
    }, 60_000);

    test("forwards exactly the permitted ones of all 131,072 ports of TCP and UDP", () => {
      const ports = { 6: [tcp(0), tcp(502, 504), tcp(4_840), tcp(65_535)], 17: [udp(1), udp(2_222, 2_999)] };
      const drawn = policy([{ from: ["10.0.1.2"], to: ["10.0.2.3"], services: [...ports[6], ...ports[17]] }]);
      const { swept } = exchange(judge, compiled(judge.target, drawn, "enforce"), {
        before: [],
        after: [],
        sweep: [6, 17].map((protocol) => ({
          ...{ side: "left", family: 4, source: "10.0.1.2", destination: "10.0.2.3", sport: 5_000, protocol },
        })),
      });
      const wanted = ([6, 17] as const).map((protocol) =>
        ports[protocol].flatMap((range) =>
          range.kind === "ports"
            ? Array.from({ length: range.to - range.from + 1 }, (_, at) => range.from + at)
            : [],
        ),
      );
      expect(swept).toEqual(wanted);
    }, 60_000);

    test("judges a packet by what stands behind extension headers, and by all of its fragments", () => {
      const [ends4, ends6] = [
        { from: ["10.0.1.2"], to: ["10.0.2.3"] },
        { from: ["fd00:1::2"], to: ["fd00:2::3"] },
      ];
      const services = [tcp(502), udp(502), bare(47), bare(50)];
      const drawn = policy([
        { ...ends4, services },
        { ...ends6, services },
      ]);
      const authenticated = [51];
      const forms: readonly { readonly family: 4 | 6; readonly form: Wire }[] = [
        { family: 4, form: { fragmented: true } },
        { family: 6, form: { fragmented: true } },
        { family: 6, form: { extensions: [0] } },
        { family: 6, form: { extensions: [0, 60] } },
        { family: 6, form: { extensions: authenticated } },
        { family: 6, form: { extensions: [60, 43], fragmented: true } },
      ];
      const sent = forms.flatMap(({ family, form }, nth) =>
        [6, 17, 47, 50, 89].flatMap((protocol, kind) =>
          [502, 503].map((dport, at) => {
            const [source, destination] =
              family === 4 ? ["10.0.1.2", "10.0.2.3"] : ["fd00:1::2", "fd00:2::3"];
            const id = 1 + 100 * nth + 10 * kind + at;
            const ends = { id, side: "left", family, source, destination, protocol, sport: 5_000 + id };
            const wire: Wire = { ...ends, dport, ...form };
            const isBehind = form.extensions !== authenticated || judge.behindAuthentication;
            return { wire, permitted: isBehind && (protocol > 17 ? protocol < 89 : dport === 502) };
          }),
        ),
      );
      const { ids } = exchange(judge, compiled(judge.target, drawn, "enforce"), {
        before: [],
        after: sent.map(({ wire }) => wire),
      });
      expect(sent.filter(({ wire }) => ids.has(wire.id as number)).map(({ wire }) => wire)).toEqual(
        sent.filter(({ permitted }) => permitted).map(({ wire }) => wire),
      );
    }, 60_000);

    test("judges ICMP of the other IP version as requests, also what would answer one", () => {
      const sent = ([4, 6] as const).flatMap((family) =>
        (["echo of this version", "echo of the other"] as const).map((kind, at) => {
          const protocol = icmpProtocol(family === 4 ? 6 : 4);
          const [asked, answered] =
            (kind === "echo of this version") === (family === 4) ? [8, 0] : [128, 129];
          const id = 10 * family + at;
          const [source, destination] = hosts[family];
          const request = { id, side: "left", family, source, destination, protocol, code: 0, echo: id };
          const answer = { ...request, side: "right", source: destination, destination: source };
          return { wire: { ...answer, type: answered }, opening: [{ ...request, type: asked }] };
        }),
      );
      const permit = (from: 0 | 1, to: 0 | 1) =>
        policy(
          ([4, 6] as const).map((family) => ({
            from: [hosts[family][from]],
            to: [hosts[family][to]],
            services: [bare(icmpProtocol(family === 4 ? 6 : 4))],
          })),
        );
      const passed = (drawn: ReturnType<typeof policy>) => {
        const { ids } = exchange(judge, compiled(judge.target, drawn, "enforce"), {
          before: sent.flatMap(({ opening }) => opening),
          after: sent.map(({ wire }) => wire),
        });
        return sent.filter(({ wire }) => ids.has(wire.id)).length;
      };
      // What answers goes from right to left: permitted as what asks that way, and not as the answer to what asked.
      expect([passed(permit(1, 0)), passed(permit(0, 1))]).toEqual([4, 0]);
    }, 60_000);

    test("forwards ICMP errors about a connection, of either family, and none about nothing", () => {
      const drawn = policy([
        { from: ["10.0.1.2"], to: ["10.0.2.3"], services: [tcp(502)] },
        { from: ["fd00:1::2"], to: ["fd00:2::3"], services: [tcp(502)] },
      ]);
      const plant = ([4, 6] as const).map((family) => {
        const [source, destination] = hosts[family];
        const ask = {
          id: family,
          side: "left",
          family,
          source,
          destination,
          protocol: 6,
          sport: 5_000,
          dport: 502,
        };
        const error = {
          ...{ side: "right", family, source: destination, destination: source },
          ...(family === 4 ? { protocol: 1, type: 3, code: 3 } : { protocol: 58, type: 1, code: 4 }),
        };
        const about = (id: number, quote: Wire): Wire => ({ ...error, id, quote });
        return { ask, errors: [about(10 + family, ask), about(20 + family, { ...ask, sport: 6_000 })] };
      });
      const { ids } = exchange(judge, compiled(judge.target, drawn, "enforce"), {
        before: plant.map(({ ask }) => ask),
        after: plant.flatMap(({ errors }) => errors),
      });
      expect([...ids]).toEqual([14, 16]);
    }, 60_000);
  });
});
