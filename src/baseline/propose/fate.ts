import type { Conduit, Denial, Permit, Zone } from "../../policy/model.ts";
import type { BaselineFlow } from "../flow.ts";
import type { Places } from "./places.ts";

/** Below this, the direction of a flow is a question. */
const sureEnough = 0.5;

/** What the site says about an observed flow, or why it says nothing. */
export type Fate =
  | { readonly kind: "not-routable"; readonly reason: NonNullable<BaselineFlow["notRoutable"]> }
  | { readonly kind: "no-zone"; readonly addresses: readonly string[] }
  | { readonly kind: "inside"; readonly zone: Zone }
  | { readonly kind: "no-conduit"; readonly zones: readonly [Zone, Zone] }
  | { readonly kind: "permitted"; readonly conduit: Conduit; readonly permit: Permit }
  | { readonly kind: "denied"; readonly conduit: Conduit; readonly denial: Denial }
  /** Nobody decided: it is fit to be permitted, or a question because of its direction or for want of an answer. */
  | {
      readonly kind: "open";
      readonly conduit: Conduit;
      readonly because: "fit" | "direction" | "unanswered";
    };

export function fateOf(flow: BaselineFlow, where: Places): Fate {
  if (flow.notRoutable !== undefined) return { kind: "not-routable", reason: flow.notRoutable };
  const [from, to] = [where.zoneOf(flow.initiator), where.zoneOf(flow.responder)];
  if (from === undefined || to === undefined) {
    const addresses = [flow.initiator, flow.responder].filter((one) => where.zoneOf(one) === undefined);
    return { kind: "no-zone", addresses };
  }
  if (from === to) return { kind: "inside", zone: from };
  const conduit = where.conduitBetween(from, to);
  if (conduit === undefined) return { kind: "no-conduit", zones: [from, to] };
  const permit = where.permitOf(conduit, flow);
  if (permit) return { kind: "permitted", conduit, permit };
  const denial = where.denialOf(conduit, flow);
  if (denial) return { kind: "denied", conduit, denial };
  if (!flow.answered) return { kind: "open", conduit, because: "unanswered" };
  return { kind: "open", conduit, because: flow.confidence < sureEnough ? "direction" : "fit" };
}
