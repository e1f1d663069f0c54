import type { Conduit, FlowSet, Site } from "../policy/model.ts";
import { conduitProgram, type Request } from "./conduit-program.ts";
import type { Stage } from "./ir.ts";
import { zonePairs } from "./lower.ts";
import type { Program } from "./program.ts";

/**
 * What the site file says about a conduit, without any of the passes between it and a ruleset: each permit is the
 * product of its initiators, responders and services.
 */
export const policyProgram = (site: Site, conduit: Conduit, stage: Stage): Program =>
  conduitProgram({
    pairs: zonePairs(site, conduit),
    requests: conduit.permits.flatMap(requestsOf),
    stage,
    span: conduit.span,
  });

/** All requests of a flow set, labelled with its id. An ICMP type belongs to one family, and no request crosses from one to the other. */
export function requestsOf(set: FlowSet & { readonly id: string }): readonly Request[] {
  const requests: Request[] = [];
  for (const source of set.initiators) {
    for (const destination of set.responders) {
      for (const service of set.services) {
        const family = service.kind === "icmp" ? service.family : source.family;
        if (source.family !== destination.family || source.family !== family) continue;
        requests.push({ source, destination, service, span: set.span, label: set.id });
      }
    }
  }
  return requests;
}
