import type { Family } from "./address.ts";
import { formatProtocol, icmpProtocol } from "./protocol.ts";

/**
 * What a request may carry: one (protocol, responder port) range, one ICMP type, one port-less protocol, or
 * everything, which is a constructor of its own and never the meaning of an empty set.
 */
export type Service =
  | { readonly kind: "any" }
  | { readonly kind: "ports"; readonly protocol: number; readonly from: number; readonly to: number }
  | { readonly kind: "icmp"; readonly family: Family; readonly type: number }
  | { readonly kind: "protocol"; readonly protocol: number };

/** One line, as in `tcp:502`, `udp:2222-2230`, `icmp:8`, `icmpv6:128`, `gre`, `any`. */
export function formatService(service: Service): string {
  switch (service.kind) {
    case "any":
      return "any";
    case "ports":
      return `${formatProtocol(service.protocol)}:${service.from}${service.from === service.to ? "" : `-${service.to}`}`;
    case "icmp":
      return `${service.family === 4 ? "icmp" : "icmpv6"}:${service.type}`;
    case "protocol":
      return formatProtocol(service.protocol);
  }
}

/** Whether a service admits all that another one does. */
export function includesService(set: Service, one: Service): boolean {
  switch (set.kind) {
    case "any":
      return true;
    case "ports":
      return (
        one.kind === "ports" && set.protocol === one.protocol && set.from <= one.from && one.to <= set.to
      );
    case "icmp":
      return one.kind === "icmp" && set.family === one.family && set.type === one.type;
    case "protocol":
      return "protocol" in one
        ? one.protocol === set.protocol
        : one.kind === "icmp" && set.protocol === icmpProtocol(one.family);
  }
}
