import { knownService } from "../../net/known-services.ts";
import { formatProtocol, icmpProtocol } from "../../net/protocol.ts";
import type { Flow } from "../flow.ts";

/** The words of a site file for what some flows ask for, and a short name for it that is fit for an id. */
export interface ServiceName {
  readonly name: string;
  readonly services: readonly string[];
}

/** What a flow is filed under: the ports of one known service belong together. */
export const serviceGroup = (flow: Flow): string =>
  (flow.port === undefined ? undefined : knownService(flow.protocol, flow.port)?.name) ?? serviceWord(flow);

/**
 * Names the services of flows of one group. A known service is named only where all its ports were observed:
 * otherwise its name would permit more than the evidence shows.
 */
export function nameServices(flows: readonly Flow[]): ServiceName {
  const words = [...new Set(flows.map(serviceWord))].sort();
  const [{ protocol, port = -1 }] = flows as [Flow, ...Flow[]];
  const known = knownService(protocol, port);
  if (known === undefined) return { name: words[0]!.replaceAll("/", "-"), services: words };
  const ports = known.ports.flatMap(({ protocol: carrier, from, to }) =>
    Array.from({ length: to - from + 1 }, (_, index) => `${formatProtocol(carrier)}/${from + index}`),
  );
  return { name: known.name, services: ports.every((word) => words.includes(word)) ? [known.name] : words };
}

/** `tcp/502`, `icmp/echo-request`, `gre`, `protocol/200`. */
function serviceWord({ family, protocol, port, icmpType }: Flow): string {
  const name = formatProtocol(protocol);
  if (port !== undefined) return `${name}/${port}`;
  if (icmpType !== undefined)
    return `${name}/${icmpType === echoRequest[family] ? "echo-request" : icmpType}`;
  // An ICMP of the other family is no ICMP: it has no type that could be named.
  const plain = name === String(protocol) || [icmpProtocol(4), icmpProtocol(6)].includes(protocol as 1 | 58);
  return plain ? `protocol/${protocol}` : name;
}

const echoRequest = { 4: 8, 6: 128 } as const;
