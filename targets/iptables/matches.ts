import type { TreeChain } from "../../src/compile/legalise/lookup-tree.ts";
import {
  type AddressRange,
  type Family,
  formatAddress,
  formatRange,
  prefixLength,
} from "../../src/net/address.ts";
import { formatProtocol } from "../../src/net/protocol.ts";
import type { Service } from "../../src/net/service.ts";
import type { Chain } from "./ruleset.ts";

/** The conditions of a rule, in the order in which iptables-save prints them. */
export function matchText(ends: {
  readonly source?: AddressRange | undefined;
  readonly destination?: AddressRange | undefined;
  /** One, or ports of one protocol; of ports also the side of the packet that has the responder's. */
  readonly services?: readonly Service[];
  readonly side?: "sport" | "dport";
}): string {
  const [source, destination] = [address("s", "src", ends.source), address("d", "dst", ends.destination)];
  const service = serviceText(ends.services ?? [{ kind: "any" }], ends.side ?? "dport");
  const iprange = source.range === "" && destination.range === "" ? "" : "-m iprange";
  let match = "";
  for (const part of [
    source.prefix,
    destination.prefix,
    service.protocol,
    iprange,
    source.range,
    destination.range,
    service.match,
  ]) {
    if (part !== "") match += match === "" ? part : ` ${part}`;
  }
  return match;
}

/** A prefix is matched by the packet header itself; any other range needs the match `iprange`. */
function address(
  option: "s" | "d",
  side: "src" | "dst",
  range: AddressRange | undefined,
): { readonly prefix: string; readonly range: string } {
  const length = range && prefixLength(range);
  if (range === undefined || length === 0) return { prefix: "", range: "" };
  if (length === undefined) return { prefix: "", range: `--${side}-range ${formatRange(range)}` };
  return { prefix: `-${option} ${formatAddress(range.family, range.from)}/${length}`, range: "" };
}

/** Protocols whose own match reads one port or range. UDP-Lite has none and is left to `multiport`. */
const ownMatch: ReadonlySet<number> = new Set([6, 17, 33, 132]);

function serviceText(
  services: readonly Service[],
  side: "sport" | "dport",
): { readonly protocol: string; readonly match: string } {
  const service = services[0]!;
  switch (service.kind) {
    case "any":
      return { protocol: "", match: "" };
    case "protocol":
      return { protocol: `-p ${service.protocol}`, match: "" };
    case "icmp":
      return service.family === 4
        ? { protocol: "-p icmp", match: `-m icmp --icmp-type ${service.type}` }
        : { protocol: "-p ipv6-icmp", match: `-m icmp6 --icmpv6-type ${service.type}` };
    case "ports": {
      const name = formatProtocol(service.protocol);
      const ports = services.flatMap((one) => (one.kind === "ports" ? [portText(one)] : []));
      const single = ports.length === 1 && ownMatch.has(service.protocol);
      return {
        protocol: `-p ${name}`,
        match: `-m ${single ? name : "multiport"} --${side}${single ? "" : "s"} ${ports.join()}`,
      };
    }
  }
}

const portText = ({ from, to }: { readonly from: number; readonly to: number }): string =>
  from === to ? `${from}` : `${from}:${to}`;

/** A chain of a lookup tree, whose rules are texts, as rules of one family. */
export const treeChain = ({ name, steps }: TreeChain<string>, family: Family): Chain => ({
  name,
  rules: steps.map((step) => ({
    family,
    text: step.kind === "rule" ? step.rule : `${matchText(step.ends)} -g ${step.chain}`.trimStart(),
  })),
});

export const commentText = (text: string): string =>
  `-m comment --comment ${text.includes(" ") ? `"${text}"` : text}`;
