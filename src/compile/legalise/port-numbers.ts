import type { Service } from "../../net/service.ts";
import type { Capabilities } from "../backend.ts";
import type { Box } from "../ir.ts";

/** What of the capability table says which ports can be matched. */
export type PortLimits = Pick<Capabilities, "portProtocols" | "portNumbers">;
type Ports = Extract<Service, { kind: "ports" }>;

/** Whether all of a service can be matched; every port together is the protocol itself, whatever its ports. */
export const isMatchable = (service: Service, limits: PortLimits): boolean =>
  service.kind !== "ports" ||
  isWhole(service) ||
  (limits.portProtocols.includes(service.protocol) && service.from >= limits.portNumbers.lowest);

const isWhole = ({ from, to }: Ports): boolean => from === 0 && to === 65_535;

/** Boxes with ranges of ports that are no wider than the table allows, and whole protocols for what is wider still. */
export const legalPorts = (boxes: readonly Box[], limits: PortLimits): readonly Box[] =>
  boxes.flatMap((box) => withLegalPorts(box, limits));

function withLegalPorts(box: Box, { portProtocols, portNumbers }: PortLimits): readonly Box[] {
  const { service } = box;
  if (service.kind !== "ports") return [box];
  const { protocol, from, to } = service;
  const { lowest, widest } = portNumbers;
  const fits = to - from < widest;
  if (fits && from >= lowest && portProtocols.includes(protocol)) return [box];
  if (isWhole(service)) return [{ ...box, service: { kind: "protocol", protocol } }];
  return fits
    ? [box]
    : [
        { ...box, service: { ...service, to: from + widest - 1 } },
        ...withLegalPorts(
          { ...box, service: { ...service, from: from + widest } },
          { portProtocols, portNumbers },
        ),
      ];
}
