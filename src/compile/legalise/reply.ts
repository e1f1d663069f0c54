import { icmpReplyType } from "../../net/protocol.ts";
import type { Service } from "../../net/service.ts";
import type { LegalRule } from "./legal-rule.ts";

/**
 * The rule that admits the replies to what a rule admits: from the responder, whose ports then stand on the side of the
 * source. Undefined for an ICMP type that nothing answers.
 */
export function replyRule({ sources, destinations, services }: LegalRule): LegalRule | undefined {
  const answers = services.flatMap(answer);
  return answers.length === 0
    ? undefined
    : { sources: destinations, destinations: sources, services: answers };
}

function answer(service: Service): readonly Service[] {
  if (service.kind !== "icmp") return [service];
  const type = icmpReplyType(service.family, service.type);
  return type === undefined ? [] : [{ ...service, type }];
}
