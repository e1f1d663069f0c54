/**
 * The style of every page. Colours are those that people with any kind of colour vision tell apart (after Okabe and
 * Ito), darkened or lightened until text in them has a contrast of 4.5:1; nothing is said by colour alone.
 */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #14202b; --soft: #4d5b69; --band: #f2f5f8; --rule: #cdd6df;
  --accent: #00588f; --good: #00634a; --warn: #7a4b00; --bad: #ae3000;
  --good-band: #e3f4ee; --warn-band: #fdf1d8; --bad-band: #fdeae2; --halo: #ffd479;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #10171e; --ink: #e8eef4; --soft: #a9b7c5; --band: #19232d; --rule: #344353;
    --accent: #7cc4f5; --good: #5fd3ae; --warn: #f2c063; --bad: #ff9d76;
    --good-band: #10332a; --warn-band: #382a0d; --bad-band: #40200f; --halo: #7a5a12;
  }
}
* { box-sizing: border-box; }
html { font: clamp(1rem, 0.92rem + 0.3vw, 1.25rem) / 1.55 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
body { margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 3rem); max-width: 90rem; background: var(--paper); color: var(--ink); overflow-wrap: anywhere; }
h1 { font-size: 2.1rem; line-height: 1.2; margin: 0.1em 0 0.4em; text-wrap: balance; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 0.8rem; }
p { max-width: 46rem; margin: 0 0 0.9rem; white-space: pre-line; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: 0.5rem 1rem; }
header { border-bottom: 1px solid var(--rule); padding-bottom: 1rem; margin-bottom: 2rem; }
.subject { color: var(--soft); margin: 0; letter-spacing: 0.02em; }
.status { display: inline-block; font-weight: 600; padding: 0.25rem 0.9rem; border-radius: 2rem; border: 1px solid currentColor; }
.summary { font-size: 1.15rem; line-height: 1.55; max-width: 68rem; }
.lead { font-size: 1.15rem; line-height: 1.5; max-width: 56rem; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.status.good { background: var(--good-band); } .status.warn { background: var(--warn-band); } .status.bad { background: var(--bad-band); }
.sign { font-weight: 700; margin-right: 0.4em; }
nav ol { list-style: none; margin: 0 0 2rem; padding: 0; columns: 16rem; font-size: 0.92rem; }
nav li { margin: 0; }
nav a { display: block; padding: 0.3rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
main:focus { outline: none; }
section { margin-bottom: 3rem; scroll-margin-top: 1rem; }
.absent { color: var(--soft); border-left: 4px solid var(--rule); padding-left: 0.9rem; }
.clauses { color: var(--soft); font-size: 0.85rem; margin-top: 1rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: 0.8rem; margin: 0 0 1.4rem; }
.figures div { display: flex; flex-direction: column-reverse; justify-content: flex-end; background: var(--band); border-radius: 0.5rem; padding: 0.8rem 1rem; color: var(--ink); border-left: 5px solid var(--rule); }
.figures div.good { border-color: var(--good); } .figures div.warn { border-color: var(--warn); } .figures div.bad { border-color: var(--bad); }
.figures dt { color: var(--soft); font-size: 0.88rem; line-height: 1.35; }
.figures dd { margin: 0; font-size: 1.7rem; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; }
.facts { margin: 0 0 1.2rem; max-width: 62rem; }
.facts div { display: grid; grid-template-columns: minmax(8rem, 15rem) 1fr; gap: 1rem; padding: 0.4rem 0; border-bottom: 1px solid var(--rule); }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; white-space: pre-line; }
code, pre, td.code { font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", "Liberation Mono", monospace; font-size: 0.86em; }
pre { background: var(--band); border-radius: 0.4rem; padding: 0.9rem 1rem; overflow-x: auto; white-space: pre-wrap; margin: 0; }
figure { margin: 0 0 1.2rem; }
figcaption { color: var(--soft); font-size: 0.92rem; margin-bottom: 0.4rem; }
ul { max-width: 52rem; padding-left: 1.3rem; margin: 0 0 1rem; }
li { margin-bottom: 0.35rem; }
.wide { overflow-x: auto; margin-bottom: 1.2rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; overflow-wrap: normal; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.4rem; }
th, td { text-align: left; vertical-align: top; padding: 0.45rem 1.1rem 0.45rem 0; border-bottom: 1px solid var(--rule); }
.data td { min-width: 4rem; }
.data td.number { min-width: 0; }
.date { white-space: nowrap; }
thead th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--rule); vertical-align: bottom; line-height: 1.3; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tools { display: flex; flex-wrap: wrap; gap: 0.6rem 1.4rem; align-items: center; margin-bottom: 0.6rem; font-size: 0.92rem; }
.tools input, .tools select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 0.3rem; padding: 0.25rem 0.5rem; max-width: 16rem; }
details { border: 1px solid var(--rule); border-radius: 0.5rem; padding: 0.6rem 1rem; margin-bottom: 1rem; }
summary { cursor: pointer; font-weight: 600; }
details[open] > summary { margin-bottom: 0.8rem; }
.diff { table-layout: fixed; font-size: 0.78rem; font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", "Liberation Mono", monospace; min-width: 50rem; }
.diff td { border: 0; padding: 0.05rem 0.6rem 0.05rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.diff thead th:not(:first-child) { padding-left: 3.2rem; }
.diff .number { color: var(--soft); }
.diff .line { width: 3.4rem; }
.diff .removed { background: var(--bad-band); } .diff .added { background: var(--good-band); }
.diff .gap td { text-align: center; color: var(--soft); background: var(--band); padding: 0.3rem; font-family: system-ui, sans-serif; }
.diagram svg { width: 100%; height: auto; display: block; }
.diagram .wide svg { max-width: 66rem; margin: 0 auto; }
.diagram text { fill: var(--ink); font: 15px system-ui, "Liberation Sans", sans-serif; }
.diagram .small { font-size: 12.5px; fill: var(--soft); }
.level rect { fill: var(--band); }
.zone rect { fill: var(--paper); stroke: var(--soft); stroke-width: 1.5; }
.zone text, .label text { text-anchor: middle; }
.zone.lit rect { stroke: var(--accent); stroke-width: 3; }
.zone.lit text:first-of-type { font-weight: 700; }
.conduit path { fill: none; stroke: var(--soft); stroke-width: 2; }
.conduit.enforce path { stroke-width: 3; }
.conduit.monitor path { stroke-dasharray: 9 5; }
.conduit.unmanaged path { stroke-dasharray: 2 5; stroke-linecap: round; }
.conduit.unknown path { stroke-width: 1; }
.conduit.lit path { stroke: var(--accent); stroke-width: 5; }
.conduit.lit .halo { stroke: var(--halo); stroke-width: 15; stroke-dasharray: none; }
.label rect { fill: var(--paper); stroke: var(--rule); }
.label.lit rect { fill: var(--accent); stroke: none; }
.diagram .label text { font-size: 13px; }
.diagram .label.lit text { fill: var(--paper); font-weight: 700; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.4rem 1.6rem; padding: 0; margin: 0.6rem 0; font-size: 0.88rem; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 0.5rem; margin: 0; }
.legend svg { width: 2.5rem; }
.curve svg { width: 100%; max-width: 46rem; height: auto; display: block; }
.curve text { fill: var(--soft); font: 13px system-ui, "Liberation Sans", sans-serif; }
.curve .end { text-anchor: end; }
.curve .last { fill: var(--ink); font-weight: 700; }
.curve path { fill: none; }
.curve .axis { stroke: var(--soft); stroke-width: 1; }
.curve .stairs { stroke: var(--accent); stroke-width: 3; }
footer { color: var(--soft); font-size: 0.85rem; border-top: 1px solid var(--rule); padding-top: 1rem; }
th.number { white-space: normal; }
@media (max-width: 40rem) {
  .facts div { display: block; }
  .figures { grid-template-columns: 1fr 1fr; }
  .data td:not(.number) { min-width: 8rem; }
  .diagram .wide svg, .curve .wide svg { width: 44rem; max-width: none; }
}
/* The sections stand beside the text only where its tables keep their room: not on a projector of 1280 points. */
@media (min-width: 86rem) {
  body { display: grid; grid-template-columns: 14rem minmax(0, 1fr); column-gap: 3rem; align-items: start; }
  header, footer, .skip { grid-column: 1 / -1; }
  nav { position: sticky; top: 1.5rem; }
  nav ol { columns: auto; border-left: 2px solid var(--rule); padding-left: 1rem; }
}
@media print {
  :root {
    --paper: #ffffff; --ink: #000000; --soft: #333333; --band: #f4f4f4; --rule: #999999;
    --accent: #00588f; --good: #00634a; --warn: #7a4b00; --bad: #ae3000;
    --good-band: #eef7f3; --warn-band: #fdf6e6; --bad-band: #fdf0ea; --halo: #ffe2a3;
  }
  html { font-size: 9.5pt; }
  body { display: block; padding: 0; max-width: none; }
  nav, .skip, .tools { display: none; }
  .wide { overflow: visible; }
  .diff { min-width: 0; }
  h2, caption, figcaption, summary { break-after: avoid; }
  tr, .figures div, .diagram .wide, .curve { break-inside: avoid; }
  thead { display: table-header-group; }
  details { border: 0; padding: 0; }
  details::details-content { content-visibility: visible; block-size: auto; }
  @page { margin: 16mm; }
}
@media (forced-colors: active) { .conduit.lit path, .zone.lit rect { stroke: Highlight; } }
`;
