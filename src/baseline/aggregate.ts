import { portProtocols } from "../net/protocol.ts";
import { attemptFold, type FlowLimits } from "./attempts.ts";
import { cadence } from "./cadence.ts";
import { type Conversation, otherParty, type Party } from "./conversation.ts";
import { comparedDirection, type Direction, ownDirection, type PortUse } from "./direction.ts";
import { type Attempts, type BaselineFlow, directionEvidence, type Flow } from "./flow.ts";
import { keyTable } from "./key-table.ts";
import { type GrowingPresence, growing, stretchesOf } from "./presence.ts";
import { addRequests, noRequests, type Requests, settle } from "./requests.ts";
import { notRoutable } from "./routable.ts";
import { SourceError } from "./sources/source.ts";
import { instant } from "./time.ts";
import { undecidedTalks } from "./undecided.ts";

/** What is known of one flow so far. Times are in seconds. */
interface Totals {
  readonly flow: Flow;
  connections: number;
  packets: number;
  bytes: number;
  first: number;
  last: number;
  direction: Direction;
  answered: boolean;
  broadcast: boolean;
  readonly requests: Requests;
  readonly presence: GrowingPresence;
}

/** So many conversations without a direction of their own wait for each other's evidence; then they are decided. */
const mostUndecided = 1 << 17;

/** Adds conversations up to flows: (initiator, responder, protocol, responder port or ICMP type). */
export interface Aggregate {
  /** @throws {SourceError} when there are more answered flows than a baseline can hold. */
  add(talk: Conversation): void;
  /** All flows, sorted by key, and the unanswered attempts that were too many. */
  result(): { readonly flows: readonly BaselineFlow[]; readonly attempts: readonly Attempts[] };
}

export function aggregate(limits: FlowLimits): Aggregate {
  const { totals, totalOf, open } = flowTotals();
  const undecided = undecidedTalks();
  const folded = attemptFold(limits.folded);
  const unansweredOf = new Map<string, number>();
  let unanswered = 0;
  let answered = 0;

  /** Whether one more unanswered flow of this initiator is kept by itself. */
  const takesPlace = (initiator: string): boolean => {
    const before = unansweredOf.get(initiator) ?? 0;
    if (unanswered >= limits.unanswered || before >= limits.unansweredOfOne) return false;
    unansweredOf.set(initiator, before + 1);
    unanswered += 1;
    return true;
  };
  const noteAnswered = (): void => {
    answered += 1;
    if (answered > limits.answered) throw tooMany(limits.answered);
  };
  const fold = (talk: Conversation, direction: Direction): void => {
    const { initiator } = direction;
    const responder = otherParty(talk, initiator);
    const isAnswered = responder.spoke || initiator.acknowledged;
    let total = totalOf(talk, initiator, responder);
    if (total === undefined) {
      const flow = flowOf(talk, direction);
      if (!isAnswered && !takesPlace(flow.initiator)) {
        folded.add(flow, talk);
        return;
      }
      total = emptyTotals(flow, direction);
      open(total);
      if (isAnswered) noteAnswered();
    } else if (isAnswered && !total.answered) {
      unanswered -= 1;
      unansweredOf.set(initiator.address, unansweredOf.get(initiator.address)! - 1);
      noteAnswered();
    }
    total.answered ||= isAnswered;
    addTo(total, talk, direction);
  };
  const decide = (): void => {
    const talks = undecided.take();
    const use = portUse(talks, totals);
    for (const talk of talks) fold(talk, comparedDirection(talk, use));
  };

  return {
    add(talk) {
      const direction = ownDirection(talk);
      if (direction === undefined) undecided.add(talk);
      else fold(talk, direction);
      if (undecided.size >= mostUndecided) decide();
    },
    result() {
      decide();
      return { flows: totals.map(toFlow).sort(compareFlows), attempts: folded.sums() };
    },
  };
}

/**
 * The totals of flows, found by numbers: a text for the key of each conversation would cost more than all that is added.
 * What is only looked for leaves no trace, however many there are.
 */
function flowTotals() {
  const totals: Totals[] = [];
  const addresses = new Map<string, number>();
  const table = keyTable();
  const numberOf = (address: string): number => {
    const number = addresses.get(address) ?? addresses.size;
    addresses.set(address, number);
    return number;
  };
  return {
    totals,
    totalOf({ protocol, icmpType }: Conversation, initiator: Party, responder: Party): Totals | undefined {
      const [from, to] = [addresses.get(initiator.address), addresses.get(responder.address)];
      if (from === undefined || to === undefined) return undefined;
      const port = portProtocols.has(protocol) ? responder.port : undefined;
      const number = table.seek(from, to, protocol, serviceOf({ port, icmpType }));
      return number < 0 ? undefined : totals[number];
    },
    open(total: Totals): void {
      const { initiator, responder, protocol } = total.flow;
      table.find(numberOf(initiator), numberOf(responder), protocol, serviceOf(total.flow));
      totals.push(total);
    },
  };
}

const serviceOf = ({ port, icmpType }: Pick<Flow, "port" | "icmpType">): number => port ?? icmpType ?? -1;

const tooMany = (limit: number): SourceError =>
  new SourceError(
    `there are more than ${limit} answered flows, which is no plant's conduit and more than one baseline holds: ` +
      "give the records of the plant's own networks (for a capture `tcpdump -r IN -w OUT net 10.0.0.0/8`), or observe " +
      "in parts",
  );

function flowOf(talk: Conversation, { initiator }: Direction): Flow {
  const responder = otherParty(talk, initiator);
  return {
    family: talk.family,
    initiator: initiator.address,
    responder: responder.address,
    protocol: talk.protocol,
    ...(portProtocols.has(talk.protocol) ? { port: responder.port } : {}),
    ...(talk.icmpType === undefined ? {} : { icmpType: talk.icmpType }),
  };
}

const emptyTotals = (flow: Flow, direction: Direction): Totals => ({
  flow,
  connections: 0,
  packets: 0,
  bytes: 0,
  first: Number.NaN,
  last: Number.NaN,
  direction,
  answered: false,
  broadcast: false,
  requests: noRequests(),
  presence: growing([]),
});

function addTo(total: Totals, talk: Conversation, direction: Direction): void {
  const { initiator } = direction;
  total.connections += talk.connections;
  total.packets += talk.a.packets + talk.b.packets;
  total.bytes += talk.a.bytes + talk.b.bytes;
  if (!(talk.first >= total.first) && !Number.isNaN(talk.first)) total.first = talk.first;
  if (!(talk.last <= total.last) && !Number.isNaN(talk.last)) total.last = talk.last;
  if (isStronger(direction, total.direction)) total.direction = direction;
  total.broadcast ||= talk.broadcast;
  total.presence.add(talk.presence);
  addRequests(total.requests, initiator);
}

/** By confidence; of the same, by the order of evidence: the order in which conversations come tells nothing. */
const isStronger = (one: Direction, other: Direction): boolean =>
  one.confidence > other.confidence ||
  (one.confidence === other.confidence &&
    directionEvidence.indexOf(one.evidence) < directionEvidence.indexOf(other.evidence));

export const flowKey = (flow: Flow): string =>
  `${flow.initiator} ${flow.responder} ${flow.protocol} ${flow.port ?? ""} ${flow.icmpType ?? ""}`;

function toFlow(total: Totals): BaselineFlow {
  const { flow, connections, packets, bytes, direction, answered } = total;
  const unroutable = notRoutable({ ...flow, broadcast: total.broadcast, answered });
  settle(total.requests);
  const rhythm = cadence(total.requests.times, total.requests.longestGap);
  const presence = stretchesOf(total.presence.all);
  const [firstSeen, lastSeen] = [instant(total.first), instant(total.last)];
  return {
    ...flow,
    connections,
    packets,
    bytes,
    ...(firstSeen === undefined ? {} : { firstSeen }),
    ...(lastSeen === undefined ? {} : { lastSeen }),
    evidence: direction.evidence,
    confidence: direction.confidence,
    answered,
    ...(unroutable === undefined ? {} : { notRoutable: unroutable }),
    ...(rhythm === undefined ? {} : { cadence: rhythm }),
    ...(presence.length === 0 ? {} : { presence }),
  };
}

/** Order of flows in a baseline: by family, then initiator, responder, protocol, port and type. */
export const compareFlows = (x: Flow, y: Flow): number =>
  x.family - y.family ||
  compareText(x.initiator, y.initiator) ||
  compareText(x.responder, y.responder) ||
  x.protocol - y.protocol ||
  (x.port ?? 0) - (y.port ?? 0) ||
  (x.icmpType ?? 0) - (y.icmpType ?? 0);

const compareText = (x: string, y: string): number => (x < y ? -1 : x > y ? 1 : 0);

/** Counts who uses which port: in conversations that are undecided, and in flows whose responder is known. */
function portUse(undecided: readonly Conversation[], decided: Iterable<Totals>): PortUse {
  const peers = new Map<string, Set<string>>();
  const addresses = new Map<string, Set<string>>();
  const listeners = new Set<string>();
  const note = (counts: Map<string, Set<string>>, key: string, member: string): void => {
    const members = counts.get(key);
    if (members === undefined) counts.set(key, new Set([member]));
    else members.add(member);
  };
  const endKey = (protocol: number, end: Pick<Party, "address" | "port">): string =>
    `${protocol} ${end.address} ${end.port}`;
  for (const { protocol, a, b } of undecided) {
    note(peers, endKey(protocol, a), endKey(protocol, b));
    note(peers, endKey(protocol, b), endKey(protocol, a));
    for (const end of [a, b]) note(addresses, `${protocol} ${end.port}`, end.address);
  }
  for (const { flow } of decided) {
    if (flow.port === undefined) continue;
    listeners.add(endKey(flow.protocol, { address: flow.responder, port: flow.port }));
    note(addresses, `${flow.protocol} ${flow.port}`, flow.responder);
  }
  return {
    peers: (protocol, end) => peers.get(endKey(protocol, end))?.size ?? 0,
    addresses: (protocol, port) => addresses.get(`${protocol} ${port}`)?.size ?? 0,
    listens: (protocol, end) => listeners.has(endKey(protocol, end)),
  };
}
