import { sha256 } from "../digest.ts";
import { curveSvg } from "./curve-svg.ts";
import { diagramSvg } from "./diagram-svg.ts";
import type { Block, Cell, Column, Diff, LeafBlock, Report, Section, Table, Tone } from "./document.ts";
import { type Html, html, verbatim } from "./html.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

/**
 * A report as one page that needs nothing else: no network, no script (the one inside only helps to search). The
 * content security policy names the style and the script by their hashes, so that a browser runs nothing besides them.
 */
export function printHtml(report: Report): string {
  const policy = `default-src 'none'; style-src ${source(style)}; script-src ${source(script)}; base-uri 'none'; form-action 'none'`;
  return `${
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${report.title} · ${report.subject}</title>
<style>${verbatim(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<p class="subject">${report.subject}</p>
<h1>${report.title}</h1>
<p class="status ${report.status.tone}">${sign(report.status.tone)}${report.status.text}</p>
<p class="summary">${report.summary}</p>
</header>
<nav aria-label="Sections"><ol>${report.sections.map(
      ({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`,
    )}</ol></nav>
<main id="content" tabindex="-1">
${report.sections.map(sectionHtml)}
</main>
<footer><p>Made by Sluice. This page is complete in itself: it loads nothing and sends nothing.</p></footer>
<script>${verbatim(script)}</script>
</body>
</html>`.markup
  }\n`;
}

/** A source of a content security policy: the hash of the text between the tags (CSP level 3, 2.3.1). */
const source = (text: string): string => `'sha256-${Buffer.from(sha256(text), "hex").toString("base64")}'`;

const sectionHtml = ({
  id,
  title,
  clauses,
  blocks,
}: Section): Html => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${blocks.map(blockHtml)}${
  clauses.length > 0 ? html`<p class="clauses">Serves ${clauses.join(", ")}</p>` : undefined
}
</section>
`;

const blockHtml = (block: Block): Html =>
  block.kind === "fold"
    ? html`<details><summary>${block.title}</summary>${block.blocks.map(leafHtml)}</details>`
    : leafHtml(block);

function leafHtml(block: LeafBlock): Html {
  switch (block.kind) {
    case "paragraph":
      return html`<p class="${block.role}">${block.text}</p>`;
    case "figures":
      return html`<dl class="figures">${block.items.map(
        ({ id, label, value, tone }) =>
          html`<div class="${tone}"><dt>${label}</dt><dd data-figure="${id}">${tone && sign(tone)}${value}</dd></div>`,
      )}</dl>`;
    case "facts":
      return html`<dl class="facts">${block.items.map(
        ({ term, value, code }) =>
          html`<div><dt>${term}</dt><dd>${code ? html`<code>${cellHtml(value)}</code>` : cellHtml(value)}</dd></div>`,
      )}</dl>`;
    case "table":
      return tableHtml(block);
    case "list":
      return html`<ul>${block.items.map((item) => html`<li>${cellHtml(item)}</li>`)}</ul>`;
    case "code":
      return html`<figure><figcaption>${block.caption}</figcaption><pre tabindex="0">${block.text}</pre></figure>`;
    case "diff":
      return diffHtml(block);
    case "curve":
      return curveSvg(block);
    case "diagram":
      return diagramSvg(block);
  }
}

const sign = (tone: Tone): Html => html`<span class="sign" aria-hidden="true">${signs[tone]}</span>`;
const signs: Readonly<Record<Tone, string>> = { good: "✓", warn: "!", bad: "✕" };

const cellHtml = (value: Cell): Html =>
  typeof value === "string"
    ? html`${value}`
    : html`<span class="${value.tone}">${sign(value.tone)}${value.text}</span>`;

/** Scrolls by itself where it is too wide, by keyboard too. */
const tableHtml = ({
  caption,
  columns,
  rows,
}: Table): Html => html`<div class="wide" role="region" aria-label="${caption}" tabindex="0">
<table class="data"><caption>${caption}</caption>
<thead><tr>${columns.map(headingHtml)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map((value, index) => dataHtml(columns[index]!, value))}</tr>\n`)}</tbody></table></div>`;

const headingHtml = ({ heading, kind }: Column): Html =>
  kind === "text"
    ? html`<th scope="col">${heading}</th>`
    : html`<th scope="col" class="${kind}">${heading}</th>`;

const dataHtml = ({ kind }: Column, value: Cell): Html =>
  kind === "text" || kind === "choice"
    ? html`<td>${cellHtml(value)}</td>`
    : html`<td class="${kind}">${cellHtml(value)}</td>`;

const diffHtml = ({
  caption,
  rows,
}: Diff): Html => html`<div class="wide" role="region" aria-label="${caption}" tabindex="0">
<table class="diff"><caption>${caption}</caption>
<colgroup><col class="line"><col><col class="line"><col></colgroup>
<thead><tr><th scope="col" colspan="2">Before</th><th scope="col" colspan="2">After</th></tr></thead>
<tbody>
${rows.map(diffRow)}</tbody></table></div>`;

function diffRow(row: Diff["rows"][number]): Html {
  if (row.kind === "gap") {
    return html`<tr class="gap"><td colspan="4">${row.lines} equal lines left out</td></tr>\n`;
  }
  const { kind, before, after } = row;
  const side = (line: typeof before, mark: "removed" | "added"): Html => {
    if (line === undefined) return html`<td></td><td></td>`;
    const number = html`<td class="number">${line.number}</td>`;
    if (kind === "same") return html`${number}<td>${line.text}</td>`;
    return html`${number}<td class="${mark}"><span class="sign">${mark === "added" ? "+" : "−"}</span>${line.text}</td>`;
  };
  return html`<tr>${side(before, "removed")}${side(after, "added")}</tr>\n`;
}
