import type { BaselineFlow } from "../../baseline/flow.ts";
import { knownService } from "../../net/known-services.ts";
import type { Role } from "./announcement.ts";

export interface RoleGuess {
  readonly role: Role;
  readonly reason: string;
}

/** What the flows show of one address. Services are named as in a site file. */
export interface Behaviour {
  /** Who asks it, by service that it answers. */
  readonly answers: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whom it asks, by service; only those that answer. */
  readonly asks: ReadonlyMap<string, readonly Asked[]>;
  /** With whom it exchanges class 1 I/O of EtherNet/IP. */
  readonly exchanges: ReadonlySet<string>;
}
interface Asked {
  readonly responder: string;
  /** Steady: in most of a long observation; seldom: in a small part of it only. */
  readonly rhythm: "periodic" | "steady" | "seldom" | "none";
}

/** What a port that two protocols share carried where a capture shows it; undefined where none does. */
export type Spoken = (address: string) => "s7comm" | "mms" | "unread" | undefined;

const controllers: ReadonlySet<string> = new Set([
  "modbus",
  "modbus-udp",
  "modbus-tls",
  "s7comm",
  "enip",
  "enip-tls",
  "fins",
  "melsec",
  "ge-srtp",
  "codesys",
  "ads",
  "ads-tls",
  "pcworx",
  "proconos",
  "redlion-crimson",
  "tristation",
]);
const outstations: ReadonlySet<string> = new Set([
  "dnp3",
  "dnp3-udp",
  "dnp3-tls",
  "iec104",
  "iec104-tls",
  "emerson-roc",
]);
const building: ReadonlySet<string> = new Set(["bacnet", "fox", "knx", "lonworks"]);
const opc: ReadonlySet<string> = new Set(["opcua", "opcua-tls"]);
const historians: ReadonlySet<string> = new Set(["pi-data-archive", "pi-af", "influxdb"]);
const databases: ReadonlySet<string> = new Set(["mssql", "oracle", "mysql", "postgresql"]);
const polled = new Set([...controllers, "mms"]);
const ioService = "enip-io";

/** Roles by the service that a machine answers, with what it is then taken for. */
const servers: readonly (readonly [services: ReadonlySet<string>, role: Role])[] = [
  [controllers, "plc"],
  [outstations, "rtu"],
  [new Set(["mms", "mms-tls"]), "protection-relay"],
  [building, "building-controller"],
  [opc, "opc-server"],
  [historians, "historian"],
  [databases, "database"],
  [new Set(["dns"]), "name-server"],
  [new Set(["ntp"]), "time-server"],
  [new Set(["kerberos", "ldap", "ldaps"]), "directory-server"],
];
/** Roles of machines that ask others too, and are what they are all the same. */
const machines: ReadonlySet<Role> = new Set(["plc", "rtu", "protection-relay", "building-controller"]);

/** An observation that is shorter says nothing of how seldom somebody asks; in seconds. */
const longEnough = 600;
/** Who asks in no more, or no less, than this part of an observation does so seldom, or steadily. */
const share = { seldom: 0.2, steady: 0.5 } as const;

/** By address. Attempts that nobody answered show nothing. */
export function behaviours(
  flows: readonly BaselineFlow[],
  spoken: Spoken = () => undefined,
): ReadonlyMap<string, Behaviour> {
  const found = new Map<
    string,
    {
      readonly answers: Map<string, Set<string>>;
      readonly asks: Map<string, Asked[]>;
      readonly exchanges: Set<string>;
    }
  >();
  const of = (address: string) => {
    const one = found.get(address) ?? { answers: new Map(), asks: new Map(), exchanges: new Set<string>() };
    found.set(address, one);
    return one;
  };
  const rhythmOf = rhythms(flows);
  for (const flow of flows) {
    const { initiator, responder, answered, notRoutable } = flow;
    const service = notRoutable === undefined ? serviceOf(flow, spoken) : undefined;
    if (service === ioService) {
      of(initiator).exchanges.add(responder);
      of(responder).exchanges.add(initiator);
    }
    if (!answered || service === undefined) continue;
    const { answers } = of(responder);
    answers.set(service, (answers.get(service) ?? new Set()).add(initiator));
    const { asks } = of(initiator);
    const asked = asks.get(service) ?? [];
    asked.push({ responder, rhythm: rhythmOf(flow) });
    asks.set(service, asked);
  }
  return found;
}

/** S7comm and MMS share a port: where a capture shows neither of them, nobody knows. */
function serviceOf({ protocol, port, responder }: BaselineFlow, spoken: Spoken): string | undefined {
  const service = port === undefined ? undefined : knownService(protocol, port)?.name;
  if (service !== "s7comm") return service;
  const seen = spoken(responder) ?? service;
  return seen === "unread" ? undefined : seen;
}

function rhythms(flows: readonly BaselineFlow[]): (flow: BaselineFlow) => Asked["rhythm"] {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const times = ({ firstSeen, lastSeen }: BaselineFlow): readonly [number, number] => [
    Date.parse(firstSeen ?? "") / 1000,
    Date.parse(lastSeen ?? "") / 1000,
  ];
  for (const flow of flows) {
    const [first, last] = times(flow);
    if (first < from) from = first;
    if (last > to) to = last;
  }
  return (flow) => {
    if (flow.cadence?.kind === "periodic") return "periodic";
    const [first, last] = times(flow);
    const [span, own] = [to - from, last - first];
    if (span < longEnough) return "none";
    return own <= share.seldom * span ? "seldom" : own >= share.steady * span ? "steady" : "none";
  };
}

/**
 * What a machine may be by what it does, the most telling first. A guess, with its reason, for a human to judge.
 * @param isGateway whether it only passes on what it is asked over Modbus.
 */
export function rolesByBehaviour(
  { answers, asks, exchanges }: Behaviour,
  isGateway = false,
): readonly RoleGuess[] {
  const opened = (asks.get("enip") ?? []).filter(({ responder }) => exchanges.has(responder));
  const openers = [...(answers.get("enip") ?? [])].filter((client) => exchanges.has(client));
  const isTarget = openers.length > 0 && opened.length === 0;
  const guesses = servers.flatMap(([services, role]): readonly RoleGuess[] => {
    const served = [...answers].filter(
      ([service]) =>
        services.has(service) &&
        !(isTarget && service === "enip") &&
        !(isGateway && service.startsWith("modbus")),
    );
    if (served.length === 0) return [];
    const clients = new Set(served.flatMap(([, who]) => [...who])).size;
    const names = served.map(([service]) => service).join(", ");
    return [{ role, reason: `answers ${names} for ${counted(clients, "client")}` }];
  });
  if (guesses.some(({ role }) => machines.has(role))) return guesses;
  if (opened.length > 0) {
    const reason = `opens class 1 I/O with ${counted(distinct(opened), "machine")} over EtherNet/IP`;
    return [{ role: "plc", reason }, ...guesses];
  }
  if (isTarget) {
    const reason = `exchanges class 1 I/O with ${counted(openers.length, "machine")} over EtherNet/IP that opened it`;
    return [{ role: "remote-io", reason }, ...guesses];
  }
  const client = clientRole(
    asks,
    guesses.some(({ role }) => role === "historian" || role === "database"),
  );
  return client === undefined ? guesses : [client, ...guesses];
}

/** What a machine may be that only asks. @param keeps whether it has a database. */
function clientRole(asks: Behaviour["asks"], keeps: boolean): RoleGuess | undefined {
  const over = (services: ReadonlySet<string>, ...rhythms: readonly Asked["rhythm"][]): readonly Question[] =>
    [...asks]
      .filter(([service]) => services.has(service))
      .flatMap(([service, all]) =>
        all
          .filter(({ rhythm }) => rhythms.length === 0 || rhythms.includes(rhythm))
          .map(({ responder }) => ({ responder, service })),
      );
  const collects = collecting(over);
  if (collects === undefined) {
    const seldom = over(polled, "seldom");
    return seldom.length > 0 && over(polled, "none").length === 0
      ? { role: "engineering-station", reason: `asks ${told(seldom)}, seldom` }
      : undefined;
  }
  const { role, reason } = collects;
  if (keeps) return { role: "historian", reason: `${reason}, and keeps a database` };
  return over(historians).length > 0
    ? { role: "historian", reason: `${reason}, and hands what it has to a historian` }
    : { role, reason };
}

interface Question {
  readonly responder: string;
  readonly service: string;
}

/** Who collects values all the time: from controllers in a rhythm or steadily, as a master, or from OPC servers. */
function collecting(
  over: (services: ReadonlySet<string>, ...rhythms: readonly Asked["rhythm"][]) => readonly Question[],
): RoleGuess | undefined {
  const rhythmic = over(new Set([...polled, ...outstations, ...opc]), "periodic");
  const [steady, masters, read] = [over(polled, "steady"), over(outstations), over(opc)];
  const role = over(polled, "periodic").length + steady.length + masters.length > 0 ? "hmi" : "opc-client";
  if (rhythmic.length > 0) return { role, reason: `polls ${told(rhythmic, "in a rhythm ")}` };
  if (masters.length > 0) return { role, reason: `is the master of ${told(masters)}` };
  if (steady.length > 0) return { role, reason: `asks ${told(steady)}, all the time` };
  return read.length > 0 ? { role, reason: `asks ${told(read)}` } : undefined;
}

const told = (asked: readonly Question[], how = ""): string =>
  `${counted(distinct(asked), "machine")} ${how}over ${[...new Set(asked.map(({ service }) => service))].join(", ")}`;

const distinct = (asked: readonly { readonly responder: string }[]): number =>
  new Set(asked.map(({ responder }) => responder)).size;

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
