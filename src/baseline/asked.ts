import { parseAddress } from "../net/address.ts";
import type { Asked } from "../net/request-index.ts";
import type { Flow } from "./flow.ts";

/** What a flow asks for, to be looked up among permits and denials. */
export const askedBy = ({ family, initiator, responder, protocol, port, icmpType }: Flow): Asked => ({
  ...{ family, protocol, port, icmpType },
  source: parseAddress(initiator).from,
  destination: parseAddress(responder).from,
});
