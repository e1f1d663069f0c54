import { knownServices } from "../net/known-services.ts";
import { portProtocols, protocolNumbers } from "../net/protocol.ts";
import type { Service } from "../net/service.ts";

/** Built-in services by name. */
export const builtInServices: ReadonlyMap<string, readonly Service[]> = new Map(
  knownServices.map(({ name, ports }) => [
    name,
    ports.map((range): Service => ({ kind: "ports", ...range })),
  ]),
);

/** Names of ICMP requests that may start an exchange (RFC 792, RFC 4443, RFC 4861), by protocol. */
const icmpTypes: Readonly<Record<"icmp" | "icmpv6", Readonly<Record<string, number>>>> = {
  icmp: { "echo-request": 8, "router-solicitation": 10, "timestamp-request": 13, "address-mask-request": 17 },
  icmpv6: { "echo-request": 128 },
};

const forms =
  "write a service's name, tcp/502, udp/2222-2230, icmp/8, icmp/echo-request, gre, protocol/89 or any";

/** Why a text is no service; the message says what was expected. */
export class ServiceError extends Error {}

/**
 * Reads a service that is written out rather than named: `tcp/502`, `udp/9100-9110`, `icmp/8`, `icmpv6/echo-request`,
 * `gre`, `protocol/89`, `any`. Undefined for a plain word that is no protocol: it may be a name.
 * @throws {ServiceError} for `tcp/99999` and the like.
 */
export function parseService(text: string): Service | undefined {
  if (text === "any") return { kind: "any" };
  const [name = "", detail, ...more] = text.split("/");
  const number = Object.hasOwn(protocolNumbers, name)
    ? protocolNumbers[name as keyof typeof protocolNumbers]
    : undefined;
  if (detail === undefined) {
    if (number === undefined) return undefined;
    if (portProtocols.has(number))
      throw new ServiceError(`"${text}" needs a port: ${text}/502, or ${text}/1-65535`);
    if (name === "icmp" || name === "icmpv6") {
      throw new ServiceError(
        `"${text}" needs a type: ${text}/echo-request, or ${text}/${name === "icmp" ? 8 : 128}`,
      );
    }
    return { kind: "protocol", protocol: number };
  }
  if (more.length > 0) throw new ServiceError(`"${text}" is not a service; ${forms}`);
  if (name === "icmp" || name === "icmpv6") return icmpService(name, detail, text);
  if (name === "protocol") return protocolService(detail, text);
  if (number === undefined || !portProtocols.has(number)) {
    throw new ServiceError(`"${text}": ${name} is not a protocol with ports; ${forms}`);
  }
  return portService(number, detail, text);
}

function portService(protocol: number, detail: string, text: string): Service {
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(detail) ?? [];
  const [from, to] = [Number(first), Number(last ?? first)];
  if (first === undefined || /^0\d/.test(first) || to > 65_535) {
    throw new ServiceError(`"${text}": a port is 0 to 65535, a range is first-last`);
  }
  if (from > to) throw new ServiceError(`"${text}" ends before it starts`);
  return { kind: "ports", protocol, from, to };
}

function icmpService(name: "icmp" | "icmpv6", detail: string, text: string): Service {
  const types = icmpTypes[name];
  const type = Object.hasOwn(types, detail)
    ? types[detail]!
    : /^(0|[1-9]\d{0,2})$/.test(detail)
      ? Number(detail)
      : 256;
  if (type > 255) {
    throw new ServiceError(`"${text}": a type is 0 to 255, or ${Object.keys(types).join(", ")}`);
  }
  return { kind: "icmp", family: name === "icmp" ? 4 : 6, type };
}

function protocolService(detail: string, text: string): Service {
  const protocol = /^(0|[1-9]\d{0,2})$/.test(detail) ? Number(detail) : 256;
  if (protocol > 255) throw new ServiceError(`"${text}": a protocol number is 0 to 255`);
  if (portProtocols.has(protocol) || protocol === 1 || protocol === 58) {
    throw new ServiceError(`"${text}": this protocol has ports or types; name them, as in tcp/502 or icmp/8`);
  }
  return { kind: "protocol", protocol };
}
