import type { Conduit, Permit } from "../model.ts";
import { compareRanges } from "../resolve/addresses.ts";
import { boxesMeet, boxesOf, type FlowBox, uncovered } from "./boxes.ts";
import type { Check } from "./check.ts";

interface Piece {
  readonly permit: Permit;
  readonly order: number;
  readonly box: FlowBox;
}

export const shadowedPermit: Check = {
  id: "shadowed-permit",
  severity: "warning",
  about:
    "Earlier permits of the same conduit, together, admit everything that a permit admits: it changes nothing, and its counters never move.",
  fix: "remove it, or narrow the others",
  clause: "IEC 62443-3-3 SR 7.7",
  *run({ site }) {
    for (const conduit of site.conduits) {
      for (const { permit, shadows } of shadowed(conduit)) {
        const names = shadows.map(({ id }) => `"${id}"`).join(", ");
        const message = `permit "${permit.id}" admits nothing that earlier permits do not: ${names}`;
        const related = shadows.map(({ span, id }) => ({ span, message: `permit "${id}"` }));
        yield { subject: `${conduit.id}.${permit.id}`, span: permit.span, message, related };
      }
    }
  },
};

/** Each permit that the union of earlier ones covers, with those of them that take part. */
function* shadowed(
  conduit: Conduit,
): Iterable<{ readonly permit: Permit; readonly shadows: readonly Permit[] }> {
  const boxes = conduit.permits.map(
    (permit, order) => [permit, boxesOf(permit).map((box) => ({ permit, order, box }))] as const,
  );
  const meetings = earlierMeetings(boxes.flatMap(([, own]) => own));
  for (const [permit, own] of boxes) {
    const covers = own.map((piece) => meetings.get(piece) ?? []);
    const isCovered = own.every(({ box }, index) => {
      const others = covers[index]!.map((other) => other.box);
      return uncovered(box, others).length === 0;
    });
    if (own.length === 0 || !isCovered) continue;
    const taking = new Set(covers.flat().map((other) => other.permit));
    yield { permit, shadows: conduit.permits.filter((other) => taking.has(other)) };
  }
}

/** For each piece, the pieces of earlier permits that it meets: a sweep along the responders' addresses. */
function earlierMeetings(pieces: readonly Piece[]): ReadonlyMap<Piece, readonly Piece[]> {
  const meetings = new Map<Piece, Piece[]>();
  const add = (later: Piece, earlier: Piece): void => {
    const known = meetings.get(later);
    if (known === undefined) meetings.set(later, [earlier]);
    else known.push(earlier);
  };
  let open: Piece[] = [];
  for (const piece of pieces.toSorted((a, b) => compareRanges(a.box.to, b.box.to))) {
    open = open.filter(({ box }) => box.to.family === piece.box.to.family && box.to.to >= piece.box.to.from);
    for (const other of open) {
      if (other.permit === piece.permit || !boxesMeet(other.box, piece.box)) continue;
      if (other.order < piece.order) add(piece, other);
      else add(other, piece);
    }
    open.push(piece);
  }
  return meetings;
}
