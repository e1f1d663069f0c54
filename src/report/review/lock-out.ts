import {
  AddressError,
  type AddressRange,
  covers,
  formatRange,
  overlaps,
  parseAddress,
  parseRange,
} from "../../net/address.ts";
import type { Plan } from "../../plan/plan.ts";
import { paragraph, type Section } from "../document.ts";
import { list } from "../words.ts";
import { type Reviewed, rulesOf } from "./reviewed.ts";

/** Whether the change can cut off those who must be able to undo it. */
export function lockOut({ plan }: Reviewed): Section {
  return {
    id: "lock-out",
    title: "Can anybody be locked out?",
    clauses: ["IEC 62443-3-3 SR 5.2", "IEC 62443-3-3 SR 7.1"],
    blocks: [
      { kind: "paragraph", role: "lead", text: answer(plan) },
      paragraph(
        "Taking Sluice's part away is always a full undo: it narrows what passes and never opens anything, so the rules that were there before go on deciding.",
      ),
    ],
  };
}

function answer(plan: Plan): string {
  const { pairs } = rulesOf(plan);
  const address = addressOf(plan.firewall.address);
  const { id } = plan.firewall;
  if (address === undefined) {
    return `${id} is reached by the name ${plan.firewall.address}; whether its address lies in this conduit is not known to this plan.`;
  }
  const home = pairs.flatMap(({ left, right }) => [left, right]).find((range) => covers(range, address));
  if (home === undefined) {
    return `No. ${id} is reached at ${formatRange(address)}, which is in neither of the two zones: no packet of a session with it can meet these rules.`;
  }
  const managers = (plan.review?.management ?? []).map(parseRange);
  if (managers.length === 0) {
    return `${id} is reached at ${formatRange(address)}, in ${formatRange(home)}, which this conduit covers. From where it is managed is not recorded, so a session that comes through this conduit cannot be excluded.`;
  }
  const exposed = managers.filter((manager) => pairs.some((pair) => crosses(pair, manager, address)));
  return exposed.length === 0
    ? `No. ${id} is managed from ${list(managers.map(formatRange))}; none of these reaches ${formatRange(address)} through this conduit.`
    : `Look twice. Sessions from ${list(exposed.map(formatRange))} to ${id} at ${formatRange(address)} lie in this conduit.`;
}

const crosses = (
  { left, right }: { readonly left: AddressRange; readonly right: AddressRange },
  manager: AddressRange,
  address: AddressRange,
): boolean =>
  (overlaps(left, manager) && covers(right, address)) || (overlaps(right, manager) && covers(left, address));

/** The firewall's address, where it is one and not a name. */
function addressOf(text: string): AddressRange | undefined {
  try {
    return parseAddress(text);
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
