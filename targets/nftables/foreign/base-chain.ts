import type { Context, Tracking } from "./fields.ts";
import type { Base, Table } from "./syntax.ts";

/** What a base chain is when not every forwarded packet comes to it. */
export function specialOf({ family }: Table, { type, hook }: Base): string | undefined {
  if (family === "bridge") return "bridge filter";
  if (type === "nat") return "address translation";
  return hook.endsWith("gress") ? "filter of one device" : undefined;
}

/** Where a packet will leave is known once it is routed; that it is still known at the end where it came from is new. */
export const contextAt = ({ family }: Table, { hook, priority }: Base, notracks: boolean): Context => ({
  tracking: notracks || family === "bridge" ? "unknown" : trackingAt(hook, priority),
  ingress: family !== "bridge" && (hook === "prerouting" || hook === "forward"),
  egress: family !== "bridge" && (hook === "forward" || hook === "postrouting"),
});

/** Connection tracking looks at a packet in prerouting (NF_IP_PRI_CONNTRACK, -200). */
function trackingAt(hook: string, priority: number | undefined): Tracking {
  if (hook === "ingress") return "none";
  if (hook === "egress") return "unknown";
  if (hook !== "prerouting") return "all";
  if (priority === undefined || priority === -200) return "unknown";
  return priority < -200 ? "none" : "all";
}

/** The end of a packet that address translation changes between a chain and the filter. */
export function unlikeEnd({ hook, priority }: Base): "source" | "destination" | undefined {
  if (hook === "ingress") return "destination";
  if (hook === "egress") return "source";
  if (hook === "prerouting" && (priority ?? -100) <= -100) return "destination";
  return hook === "postrouting" && (priority ?? 100) >= 100 ? "source" : undefined;
}

/** Whether a table translates addresses, or may. */
export const isTranslating = ({ chains }: Table): boolean =>
  [...chains.values()].some(({ base }) => base?.type === "nat") &&
  [...chains.values()].some(({ rules }) => rules.length > 0);

/** Whether a packet may be judged in tables of both families. */
export const shares = (one: string, other: string): boolean =>
  !((one === "ip" && other === "ip6") || (one === "ip6" && other === "ip"));
