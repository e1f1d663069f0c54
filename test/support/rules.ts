import type { ConduitRules, PermitRules, Stage } from "../../src/compile/ir.ts";
import { parseRange } from "../../src/net/address.ts";
import type { ConduitId, PermitId } from "../../src/policy/model.ts";

const origin = { file: "site.yaml", line: 7, column: 3, length: 4 };

/** A permit from one address to another for one TCP port. */
export const tcpPermit = (permit: string, source: string, destination: string, port = 502): PermitRules => ({
  permit: permit as PermitId,
  reason: "The process needs it.",
  origin,
  boxes: [
    {
      source: parseRange(source),
      destination: parseRange(destination),
      service: { kind: "ports", protocol: 6, from: port, to: port },
    },
  ],
});

/** Rules of a conduit between 10.20.1.0/24 and 10.10.1.0/24 (and their IPv6 networks), with a poll that is permitted. */
export const conduitRules = (
  stage: Stage,
  permits: readonly PermitRules[] = [tcpPermit("poll", "10.20.1.10", "10.10.1.10")],
  conduit = "dmz-cell1",
): ConduitRules => ({
  conduit: conduit as ConduitId,
  zones: ["dmz", "cell1"],
  stage,
  pairs: [
    { left: parseRange("10.20.1.0/24"), right: parseRange("10.10.1.0/24") },
    { left: parseRange("fd00:20::/64"), right: parseRange("fd00:10::/64") },
  ],
  permits,
});
