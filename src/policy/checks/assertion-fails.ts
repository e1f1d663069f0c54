import { formatRange } from "../../net/address.ts";
import { formatService } from "../../net/service.ts";
import type { Assertion } from "../model.ts";
import { boxesMeet, boxesOf, type FlowBox, uncovered } from "./boxes.ts";
import type { Check, Finding } from "./check.ts";
import { type PermitSubject, permitsOf } from "./subjects.ts";

export const assertionFails: Check = {
  id: "assertion-fails",
  severity: "error",
  about: "An assertion of the site file does not hold for the whole of its sets.",
  fix: "mend the permits, or change the assertion if the decision has changed",
  clause: "IEC 62443-3-3 SR 5.2",
  *run({ site }) {
    const assertions = site.assertions ?? [];
    if (assertions.length === 0) return;
    const permits = permitsOf(site).map((entry) => ({ ...entry, boxes: boxesOf(entry.permit) }));
    for (const assertion of assertions) {
      yield* assertion.verdict === "deny" ? admittedOf(assertion, permits) : refusedOf(assertion, permits);
    }
  },
};

type PermitBoxes = PermitSubject & { readonly boxes: readonly FlowBox[] };

const boxesOfAssertion = ({ from, to, services }: Assertion): readonly FlowBox[] =>
  boxesOf({ initiators: from, responders: to, services });

function* admittedOf(assertion: Assertion, permits: readonly PermitBoxes[]): Iterable<Finding> {
  const denied = boxesOfAssertion(assertion);
  for (const { permit, subject, boxes } of permits) {
    if (!boxes.some((box) => denied.some((other) => boxesMeet(box, other)))) continue;
    const message = `assertion "${assertion.id}" denies some of what permit "${subject}" admits`;
    const related = [{ span: permit.span, message: "the permit" }];
    yield { subject: assertion.id, span: assertion.span, message, related };
  }
}

function* refusedOf(assertion: Assertion, permits: readonly PermitBoxes[]): Iterable<Finding> {
  const boxes = permits.flatMap((permit) => permit.boxes);
  const [missing] = boxesOfAssertion(assertion).flatMap((box) =>
    uncovered(
      box,
      boxes.filter((other) => boxesMeet(box, other)),
    ),
  );
  if (missing === undefined) return;
  const flow = `${formatService(missing.service)} ${formatRange(missing.from)} -> ${formatRange(missing.to)}`;
  const message = `assertion "${assertion.id}" does not hold: no permit admits ${flow}`;
  yield { subject: assertion.id, span: assertion.span, message };
}
