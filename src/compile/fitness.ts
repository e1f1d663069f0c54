import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { formatProtocol } from "../net/protocol.ts";
import { formatService } from "../net/service.ts";
import type { Conduit } from "../policy/model.ts";
import type { Backend } from "./backend.ts";
import { isMatchable } from "./legalise/port-numbers.ts";

/**
 * What keeps a conduit from being written for a kind of firewall: a match that it does not have, or a name that
 * another conduit of the same firewall would share.
 * @param others the other conduits that run over the firewall.
 */
export const unfit = (
  target: Backend,
  firewall: string,
  conduit: Conduit,
  others: readonly Conduit[],
): readonly Diagnostic[] => [
  ...conduit.permits.flatMap(({ id, services, span }): readonly Diagnostic[] => {
    const missing = services.filter((service) => !isMatchable(service, target.capabilities));
    if (missing.length === 0) return [];
    const [names, whole] = [
      missing.map(formatService),
      missing.flatMap((one) => ("protocol" in one ? `${formatProtocol(one.protocol)}/0-65535` : [])),
    ].map((texts) => [...new Set(texts)].join(", "));
    return [
      {
        code: "compile/missing-capability",
        severity: "error",
        message: `permit "${id}" asks for ${names}; firewall "${firewall}" is ${target.name}, which cannot match ${missing.length > 1 ? "these ports" : "this port"}`,
        span,
        fix: `permit every port, as ${whole}, or lead the conduit over another kind of firewall`,
      },
    ];
  }),
  ...sessionsUnfit(target, firewall, conduit),
  ...others
    .filter(({ id }) => id !== conduit.id && target.conduitName(id) === target.conduitName(conduit.id))
    .map(
      (other): Diagnostic => ({
        code: "compile/name-collision",
        severity: "error",
        message:
          `conduits "${conduit.id}" and "${other.id}" would both be "${target.conduitName(conduit.id)}" on firewall ` +
          `"${firewall}" (${target.name}): its names are short, and both ids shorten to the same`,
        span: conduit.span,
        related: [{ span: other.span, message: `conduit "${other.id}"` }],
        fix: "rename one of them",
      }),
    ),
];

function sessionsUnfit(target: Backend, firewall: string, conduit: Conduit): readonly Diagnostic[] {
  const modes: readonly string[] = target.capabilities.sessions;
  const wanted = conduit.sessions?.mode;
  if (wanted === undefined || modes.includes(wanted)) return [];
  return [
    {
      code: "compile/missing-capability",
      severity: "error",
      message: `conduit "${conduit.id}" wants to ${wanted} the sessions that are open when enforcement begins; firewall "${firewall}" is ${target.name}, which cannot`,
      span: conduit.span,
      fix: `write "sessions: ${modes.join('" or "')}" for this conduit, or leave the line out`,
    },
  ];
}
