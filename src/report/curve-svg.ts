import type { Curve } from "./document.ts";
import { type Html, html } from "./html.ts";

const size = { width: 640, height: 190 } as const;
const margin = { left: 54, right: 96, top: 16, bottom: 34 } as const;
const room = {
  width: size.width - margin.left - margin.right,
  height: size.height - margin.top - margin.bottom,
} as const;

/** How many were known after each step, as stairs: flat at its end, it has found what there is to find. */
export function curveSvg({ caption, unit, step, points }: Curve): Html {
  const most = Math.max(1, ...points);
  const x = (index: number): number => margin.left + (room.width * index) / Math.max(1, points.length);
  const y = (value: number): number => margin.top + room.height * (1 - value / most);
  const stairs = points.map(
    (value, index) => `L${round(x(index))} ${round(y(value))}H${round(x(index + 1))}`,
  );
  const last = points.at(-1) ?? 0;
  const said = `${caption} After each ${step}: ${points.join(", ") || "none"}.`;
  return html`<figure class="curve">
<figcaption>${caption}</figcaption>
<div class="wide" role="region" aria-label="Curve: ${caption}" tabindex="0"><svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${said}">
<path class="axis" d="M${margin.left} ${margin.top}V${margin.top + room.height}H${margin.left + room.width}"/>
<text x="${margin.left - 8}" y="${margin.top + 5}" class="end">${most}</text><text x="${margin.left - 8}" y="${margin.top + room.height + 5}" class="end">0</text>
<text x="${margin.left}" y="${size.height - 10}">${step} 1</text><text x="${margin.left + room.width}" y="${size.height - 10}" class="end">${step} ${points.length}</text>
<path class="stairs" d="M${margin.left} ${margin.top + room.height}${stairs.join("")}"/>
<text x="${margin.left + room.width + 8}" y="${round(y(last)) + 5}" class="last">${last} ${unit}</text>
</svg></div>
</figure>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
