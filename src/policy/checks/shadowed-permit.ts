import { earlierMeetings, remainder } from "../../net/meetings.ts";
import type { Conduit, Permit } from "../model.ts";
import { boxesOf } from "./boxes.ts";
import type { Check } from "./check.ts";
import { rankAxes, rankBoxes } from "./ranked-boxes.ts";

/** Comparisons of boxes for one conduit: well under a second. */
const mostEffort = 5_000_000;

export const shadowedPermit: Check = {
  id: "shadowed-permit",
  severity: "warning",
  about:
    "Earlier permits of the same conduit, together, admit everything that a permit admits: it changes nothing, and its counters never move.",
  fix: "remove it, or narrow the others",
  clause: "IEC 62443-3-3 SR 7.7",
  *run({ site }) {
    for (const conduit of site.conduits) {
      const found = shadowed(conduit);
      if (found === undefined) {
        const message = `the permits of conduit "${conduit.id}" cross each other too often to say which change nothing`;
        yield { subject: conduit.id, span: conduit.span, message };
      }
      for (const { permit, shadows } of found ?? []) {
        const names = shadows.slice(0, 5).map(({ id }) => `"${id}"`);
        const more = shadows.length > names.length ? `, and ${shadows.length - names.length} more` : "";
        const message = `permit "${permit.id}" admits nothing that earlier permits do not: ${names.join(", ")}${more}`;
        const related = shadows.slice(0, 5).map(({ span, id }) => ({ span, message: `permit "${id}"` }));
        yield { subject: `${conduit.id}.${permit.id}`, span: permit.span, message, related };
      }
    }
  },
};

interface Shadowed {
  readonly permit: Permit;
  /** Earlier permits that take a part of it. */
  readonly shadows: readonly Permit[];
}

/** Each permit that the union of earlier ones covers; undefined when that takes more than its effort. */
function shadowed({ permits }: Conduit): readonly Shadowed[] | undefined {
  const effort = { left: mostEffort };
  /** Of a permit with a part that no earlier one admits, nothing. */
  const shadowsOf = permits.map((): Set<number> | undefined => new Set());
  const pieces = permits.flatMap((permit, order) => boxesOf(permit).map((box) => ({ order, box })));
  for (const family of [4, 6] as const) {
    const own = pieces.filter(({ box }) => box.from.family === family);
    const ranked = rankBoxes(own.map(({ box }) => box));
    for (const [index, meetings] of earlierMeetings(ranked, rankAxes, effort).entries()) {
      const { order } = own[index]!;
      const others = meetings.filter((other) => own[other]!.order < order);
      const boxes = others.map((other) => ranked[other]!);
      if (boxes.length === 0 || remainder(ranked[index]!, boxes, rankAxes, effort).length > 0) {
        shadowsOf[order] = undefined;
      }
      for (const other of others) shadowsOf[order]?.add(own[other]!.order);
    }
  }
  if (effort.left < 0) return undefined;
  return permits.flatMap((permit, order) => {
    const shadows = [...(shadowsOf[order] ?? [])].sort((a, b) => a - b);
    // A permit without any box is another check's finding.
    return shadows.length > 0 ? [{ permit, shadows: shadows.map((index) => permits[index]!) }] : [];
  });
}
