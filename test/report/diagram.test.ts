import { expect, test } from "vitest";
import { box, layOut } from "../../src/report/diagram-layout.ts";
import { diagramSvg } from "../../src/report/diagram-svg.ts";
import type { Diagram } from "../../src/report/document.ts";

const zone = (id: string, level: number): Diagram["zones"][number] => ({
  id,
  level,
  detail: "SL-T 2",
  lit: false,
});
const conduit = (one: string, other: string): Diagram["conduits"][number] => ({
  ...{ id: `${one}-${other}`, zones: [one, other], stage: "monitor", lit: false },
});

const plants: Readonly<Record<string, Pick<Diagram, "zones" | "conduits">>> = {
  "one zone a level": {
    zones: [zone("it", 4), zone("dmz", 3), zone("cell", 1)],
    conduits: [conduit("dmz", "cell"), conduit("it", "cell")],
  },
  "a full row between": {
    zones: [zone("it", 4), ...["a", "b", "c", "d", "e"].map((id) => zone(id, 3)), zone("cell", 1)],
    conduits: [conduit("it", "cell"), conduit("a", "cell"), conduit("it", "c")],
  },
  "two rows between, and two lines past them": {
    zones: [zone("web", 5), zone("it", 4), zone("dmz", 3), zone("cell", 1), zone("line", 1)],
    conduits: [conduit("web", "cell"), conduit("web", "line"), conduit("it", "dmz")],
  },
};

const inside = (x: number, y: number, at: { readonly x: number; readonly y: number }): boolean =>
  x > at.x && x < at.x + box.width && y > at.y && y < at.y + box.height;

test.each(Object.entries(plants))(
  "with %s, no line runs behind a zone, and no name lies on one",
  (_, plant) => {
    const { zones, conduits } = layOut(plant);
    for (const { from, via, to } of conduits) {
      const points = [from, ...via, to];
      // Each part runs within the columns of its ends; what passes a row of zones is a straight line.
      for (let n = 1; n < via.length; n += 2)
        for (const at of zones) expect(inside(points[n]!.x, points[n]!.y + box.height / 2, at)).toBe(false);
      for (const [before, after] of points.slice(1).map((point, n) => [points[n]!, point] as const))
        for (const at of zones) expect(before.y <= at.y - 1 && after.y >= at.y + box.height + 1).toBe(false);
    }
    const drawn = diagramSvg({ ...plant, caption: "" } as Diagram).markup;
    const names = [
      ...drawn.matchAll(/class="label[^"]*"><rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="24"/g),
    ];
    expect(names).toHaveLength(conduits.length);
    for (const [, x, y, width] of names) {
      const [left, top] = [Number(x), Number(y)];
      for (const at of zones) {
        const apart =
          left + Number(width) <= at.x ||
          left >= at.x + box.width ||
          top + 24 <= at.y ||
          top >= at.y + box.height;
        expect(apart, `${left},${top} lies on ${at.id}`).toBe(true);
      }
    }
  },
);
