import { requestCube } from "../../compile/conduit-program.ts";
import type { Stage } from "../../compile/ir.ts";
import { requestsOf } from "../../compile/policy-program.ts";
import type { Cube } from "../../compile/program.ts";
import { overlaps } from "../../net/address.ts";
import type { Packet } from "../../net/packet.ts";
import type { Assertion, Site } from "../../policy/model.ts";
import type { Analysis } from "../analysis.ts";
import type { Diagram } from "../diagram/diagram.ts";

/** An assertion as the requests that it is about, among those that a conduit carries. */
export interface AssertedRequests {
  readonly assertion: Assertion;
  readonly cubes: readonly Cube[];
}

/** The assertions that say something about a ruleset: in monitor nothing is dropped, so "deny" says nothing there. */
export function assertionsOf(
  site: Site,
  stage: Stage,
  carried: readonly Cube[],
): readonly AssertedRequests[] {
  return (site.assertions ?? []).flatMap((assertion) => {
    if (assertion.verdict === "deny" && stage === "monitor") return [];
    const { id, from: initiators, to: responders, services, reason, span } = assertion;
    const cubes = requestsOf({ id, initiators, responders, services, reason, span })
      .filter(({ source, destination }) =>
        carried.some((pair) => overlaps(pair.source!, source) && overlaps(pair.destination!, destination)),
      )
      .map((request) => ({ ...requestCube(request), states: ["original"] as const }));
    return cubes.length > 0 ? [{ assertion, cubes }] : [];
  });
}

/** An assertion that the text breaks, with a request for which it does; undefined when all hold for all of their sets. */
export function brokenAssertion(
  analysis: Analysis,
  said: Diagram,
  carried: readonly Cube[],
  asserted: readonly AssertedRequests[],
): { readonly assertion: Assertion; readonly packet: Packet } | undefined {
  const inside = analysis.packets(carried);
  for (const { assertion, cubes } of asserted) {
    const requests = analysis.within(inside, analysis.packets(cubes));
    const broken =
      assertion.verdict === "accept"
        ? analysis.passedOnlyBy(requests, said)
        : analysis.passedOnlyBy(analysis.within(requests, said), analysis.packets([]));
    const packet = analysis.witness(broken);
    if (packet) return { assertion, packet };
  }
  return undefined;
}
