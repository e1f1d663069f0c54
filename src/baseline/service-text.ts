import { knownService } from "../net/known-services.ts";
import { formatProtocol } from "../net/protocol.ts";
import type { Flow } from "./flow.ts";

/** What a flow asks for, as in `modbus (tcp 502)`, `tcp 9100`, `icmp type 8`, `gre`. */
export function serviceText({
  protocol,
  port,
  icmpType,
}: Pick<Flow, "protocol" | "port" | "icmpType">): string {
  const name = formatProtocol(protocol);
  if (icmpType !== undefined) return `${name} type ${icmpType}`;
  if (port === undefined) return name;
  const known = knownService(protocol, port);
  return known === undefined ? `${name} ${port}` : `${known.name} (${name} ${port})`;
}
