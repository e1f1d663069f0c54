import { type AddressRange, covers } from "../../net/address.ts";
import { includesService, type Service } from "../../net/service.ts";
import type { Conduit } from "../model.ts";
import { boxesOf, type FlowBox } from "./boxes.ts";
import type { Check } from "./check.ts";

/** Solicitation and advertisement (RFC 4861, section 4): asked and answered by either end. */
const discovery: readonly Service[] = [135, 136].map((type) => ({ kind: "icmp", family: 6, type }));

export const neighboursCut: Check = {
  id: "neighbours-cut",
  severity: "warning",
  about:
    "A firewall that is a bridge sees the neighbour discovery of IPv6, which finds the hosts of one link. The two ends of a permit share a /64, and so a link, and the conduit does not permit it: enforcement cuts them off as soon as they forget each other, within a minute. Where a router stands between two networks it answers for itself.",
  fix: "permit icmpv6/135 and icmpv6/136 between both ends, in both directions",
  clause: "IEC 62443-3-3 SR 5.1",
  *run({ site }) {
    const bridges = new Set(site.firewalls.filter(({ transparent }) => transparent).map(({ id }) => id));
    for (const conduit of site.conduits) {
      if (!conduit.firewalls.some((id) => bridges.has(id))) continue;
      const permitted = conduit.permits.flatMap(boxesOf).filter(({ from }) => from.family === 6);
      const cut = conduit.permits.find((permit) =>
        boxesOf(permit).some(({ from, to }) => shareLink(from, to) && !mayAsk(permitted, from, to)),
      );
      if (cut) yield { subject: conduit.id, span: conduit.span, ...found(conduit, cut) };
    }
  },
};

/** Whether some addresses of both lie in one /64 (RFC 4291, section 2.5.1). */
const shareLink = (one: AddressRange, other: AddressRange): boolean =>
  one.family === 6 && one.from >> 64n <= other.to >> 64n && other.from >> 64n <= one.to >> 64n;

/** Whether each of two ends may ask the other where it is, and be answered. */
const mayAsk = (permitted: readonly FlowBox[], one: AddressRange, other: AddressRange): boolean =>
  [
    [one, other],
    [other, one],
  ].every(([from, to]) =>
    discovery.every((service) =>
      permitted.some(
        (box) => covers(box.from, from!) && covers(box.to, to!) && includesService(box.service, service),
      ),
    ),
  );

const found = ({ id }: Conduit, cut: Conduit["permits"][number]) => ({
  message: `the bridge of conduit "${id}" would cut the neighbour discovery of permit "${cut.id}"`,
  related: [{ span: cut.span, message: "its ends must find each other" }],
});
