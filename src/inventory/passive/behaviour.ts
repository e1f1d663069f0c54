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
}
interface Asked {
  readonly responder: string;
  readonly rhythm: "periodic" | "none";
}

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
const processServices = new Set([...controllers, ...outstations, ...opc]);

/** Roles by the service that a machine answers, with what it is then taken for. */
const servers: readonly (readonly [services: ReadonlySet<string>, role: Role])[] = [
  [controllers, "plc"],
  [outstations, "rtu"],
  [building, "building-controller"],
  [opc, "opc-server"],
  [historians, "historian"],
  [databases, "database"],
  [new Set(["dns"]), "name-server"],
  [new Set(["ntp"]), "time-server"],
  [new Set(["kerberos", "ldap", "ldaps"]), "directory-server"],
];

/** By address. Attempts that nobody answered show nothing. */
export function behaviours(flows: readonly BaselineFlow[]): ReadonlyMap<string, Behaviour> {
  const found = new Map<
    string,
    { readonly answers: Map<string, Set<string>>; readonly asks: Map<string, Asked[]> }
  >();
  const of = (address: string) => {
    const one = found.get(address) ?? { answers: new Map(), asks: new Map() };
    found.set(address, one);
    return one;
  };
  for (const { initiator, responder, protocol, port, answered, notRoutable, cadence } of flows) {
    const service = port === undefined ? undefined : knownService(protocol, port)?.name;
    if (!answered || notRoutable !== undefined || service === undefined) continue;
    const { answers } = of(responder);
    answers.set(service, (answers.get(service) ?? new Set()).add(initiator));
    const { asks } = of(initiator);
    const rhythm = cadence?.kind === "periodic" ? "periodic" : "none";
    asks.set(service, [...(asks.get(service) ?? []), { responder, rhythm }]);
  }
  return found;
}

/** What a machine may be by what it does, the most telling first. A guess, with its reason, for a human to judge. */
export function rolesByBehaviour({ answers, asks }: Behaviour): readonly RoleGuess[] {
  const guesses = servers.flatMap(([services, role]): readonly RoleGuess[] => {
    const served = [...answers].filter(([service]) => services.has(service));
    if (served.length === 0) return [];
    const clients = new Set(served.flatMap(([, who]) => [...who])).size;
    const names = served.map(([service]) => service).join(", ");
    return [{ role, reason: `answers ${names} for ${counted(clients, "client")}` }];
  });
  // A controller polls others too, and is a controller all the same.
  if (guesses.some(({ role }) => role === "plc" || role === "rtu")) return guesses;
  const asked = [...asks].filter(([service]) => processServices.has(service));
  const machines = (rhythm: Asked["rhythm"]): number =>
    new Set(
      asked.flatMap(([, all]) =>
        all.filter((one) => one.rhythm === rhythm).map(({ responder }) => responder),
      ),
    ).size;
  const names = asked.map(([service]) => service).join(", ");
  const [polled, others] = [machines("periodic"), machines("none")];
  const keeps = guesses.some(({ role }) => role === "historian" || role === "database");
  if (polled > 0) {
    const reason = `polls ${counted(polled, "machine")} in a rhythm over ${names}`;
    return keeps
      ? [{ role: "historian", reason: `${reason}, and keeps a database` }, ...guesses]
      : [{ role: "hmi", reason }, ...guesses];
  }
  return others > 0
    ? [
        {
          role: "engineering-station",
          reason: `asks ${counted(others, "machine")} over ${names}, without a rhythm`,
        },
        ...guesses,
      ]
    : guesses;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
