import {
  box,
  type DiagramLayout,
  layOut,
  type PlacedConduit,
  type PlacedZone,
  type Point,
} from "./diagram-layout.ts";
import type { Diagram } from "./document.ts";
import { type Html, html } from "./html.ts";

/** The levels of the Purdue model (ISA-95, IEC 62264-1), as the field calls them. */
const levelNames: Readonly<Record<number, string>> = {
  5: "Enterprise",
  4: "Business",
  3: "Operations",
  2: "Supervision",
  1: "Control",
  0: "Process",
};

/** Stages as words for readers; in the drawing they differ by the kind of line, not by colour alone. */
const stageNames: Readonly<Record<Diagram["conduits"][number]["stage"], string>> = {
  enforce: "enforced",
  monitor: "monitored",
  unmanaged: "not managed",
  unknown: "not known here",
};

/** More names than this would cover the lines that they name. */
const mostLabels = 12;

/** Zones and conduits as a drawing, with the same as a table for whoever cannot see it. */
export function diagramSvg(diagram: Diagram): Html {
  const layout = layOut(diagram);
  const isLit = diagram.conduits.some(({ lit }) => lit);
  const labelled = (conduit: PlacedConduit): boolean =>
    isLit ? conduit.lit : layout.conduits.length <= mostLabels;
  // Lit lines last, so that nothing lies over them.
  const conduits = layout.conduits.toSorted((a, b) => Number(a.lit) - Number(b.lit));
  return html`<figure class="diagram">
<div class="wide" role="region" aria-label="Drawing of the zones" tabindex="0"><svg viewBox="0 0 ${layout.width} ${layout.height}" role="img" aria-label="${described(diagram)}">
${levels(layout)}${conduits.map(line)}${layout.zones.map(zoneBox)}${conduits
  .filter(labelled)
  .map((conduit, _, shown) => label(conduit, shown))}</svg></div>
${legend(diagram)}
<figcaption>${diagram.caption}</figcaption>
<details><summary>The diagram as a table</summary>
<div class="wide" role="region" aria-label="Conduits of the diagram" tabindex="0"><table class="data"><caption>Conduits</caption>
<thead><tr><th scope="col">Conduit</th><th scope="col">Zones</th><th scope="col">Stage</th></tr></thead>
<tbody>${diagram.conduits.map(
    ({ id, zones, stage, lit }) =>
      html`<tr><td>${id}${lit ? " (changed here)" : ""}</td><td>${zones.join(" and ")}</td><td>${stageNames[stage]}</td></tr>`,
  )}</tbody></table></div></details>
</figure>`;
}

function described({ zones, conduits }: Diagram): string {
  const lit = conduits.filter((conduit) => conduit.lit);
  const changed = lit.map(({ id, zones: [one, other] }) => `${id}, between ${one} and ${other}`).join("; ");
  const size = `${zones.length} zones in rows by Purdue level, joined by ${conduits.length} conduits`;
  return lit.length === 0
    ? `Diagram: ${size}.`
    : `Diagram: ${size}. Changed here: ${changed}. Stage after the change: ${stageNames[lit[0]!.stage]}.`;
}

const levels = ({ levels, width }: DiagramLayout): readonly Html[] =>
  levels.map(
    ({
      level,
      y,
      height,
    }) => html`<g class="level"><rect x="0" y="${y}" width="${width}" height="${height}" rx="6"/>
<text x="14" y="${y + height / 2 - 3}">Level ${level}</text><text x="14" y="${y + height / 2 + 15}" class="small">${levelNames[level] ?? ""}</text></g>
`,
  );

const zoneBox = ({
  id,
  detail,
  lit,
  x,
  y,
}: PlacedZone): Html => html`<g class="zone${lit ? " lit" : ""}"><rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="5"/>
<text x="${x + box.width / 2}" y="${y + 23}">${shortened(id)}</text><text x="${x + box.width / 2}" y="${y + 41}" class="small">${detail}</text></g>
`;

function line(conduit: PlacedConduit): Html {
  const { id, stage, lit, from } = conduit;
  const path = `M${from.x} ${from.y}${pathOf(conduit)}`;
  return html`<g class="conduit ${stage}${lit ? " lit" : ""}"><title>${id}: ${stageNames[stage]}</title>${
    lit ? html`<path class="halo" d="${path}"/>` : undefined
  }<path d="${path}"/></g>
`;
}

/** A curve from row to row, and straight past the zones of the rows between. */
function pathOf({ around, from, to, via }: PlacedConduit): string {
  if (around) return curve(from, to, [38, -38]);
  const points = [from, ...via, to];
  return points
    .slice(1)
    .map((point, index) => {
      const before = points[index]!;
      const bend = Math.max(26, (point.y - before.y) / 2);
      return index % 2 === 1 ? `V${point.y}` : curve(before, point, [bend, bend]);
    })
    .join("");
}

const curve = (from: Point, to: Point, [below, above]: readonly [number, number]): string =>
  `C${from.x} ${from.y + below} ${to.x} ${to.y - above} ${to.x} ${to.y}`;

/** The name of a conduit on its line, higher or lower than those of the lines beside it. */
function label(conduit: PlacedConduit, shown: readonly PlacedConduit[]): Html {
  const { id, lit, around, from, via } = conduit;
  const to = via[0] ?? conduit.to;
  const beside = shown.filter((other) => other.from.y === from.y).toSorted((a, b) => middle(a) - middle(b));
  const at = beside.length === 1 ? 0.5 : 0.22 + (beside.indexOf(conduit) % 3) * 0.28;
  const x = from.x + (to.x - from.x) * (3 * at ** 2 - 2 * at ** 3);
  const y = around ? from.y + 28 : from.y + (to.y - from.y) * at;
  const width = shortened(id).length * 8.2 + 22;
  return html`<g class="label${lit ? " lit" : ""}"><rect x="${x - width / 2}" y="${y - 12}" width="${width}" height="24" rx="12"/><text x="${x}" y="${y + 4.5}">${shortened(id)}</text></g>
`;
}

const middle = ({ from, to }: PlacedConduit): number => from.x + to.x;

const shortened = (id: string): string => (id.length > 17 ? `${id.slice(0, 16)}…` : id);

const legend = ({ conduits }: Diagram): Html =>
  html`<ul class="legend">${(Object.keys(stageNames) as (keyof typeof stageNames)[])
    .filter((stage) => conduits.some((conduit) => conduit.stage === stage))
    .map(
      (stage) =>
        html`<li><svg viewBox="0 0 40 10" aria-hidden="true"><g class="conduit ${stage}"><path d="M0 5H40"/></g></svg>${stageNames[stage]}</li>`,
    )}</ul>`;
