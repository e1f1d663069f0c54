import { checks } from "../../src/policy/checks/registry.ts";
import { type JsonSchema, siteJsonSchema } from "../../src/policy/schema/json-schema.ts";
import { builtInServices } from "../../src/policy/services.ts";
import { siteTemplate } from "../../src/policy/template.ts";

type Schema = JsonSchema & { readonly enum?: readonly string[] };

/** Every key below a schema, `NAME` for what the plant names and `[]` for what stands in a list. */
function keyRows(schema: Schema, path: string): readonly string[] {
  const { properties = {}, additionalProperties, items, required = [] } = schema;
  return [
    ...Object.entries(properties).flatMap(([key, child]) => [
      row(`${path}${key}`, child, required.includes(key)),
      ...keyRows(child, `${path}${key}.`),
    ]),
    ...(additionalProperties ? namedRows(additionalProperties, `${path}NAME`) : []),
    ...(items ? keyRows(items, `${path.replace(/\.$/, "")}[].`) : []),
  ];
}

/** A name may stand for a mapping, or for a list of texts. */
const namedRows = (schema: Schema, path: string): readonly string[] => [
  ...(schema.items?.description
    ? [row(path, { description: `A list. ${schema.items.description}` }, false)]
    : []),
  ...keyRows(schema, `${path}.`),
];

function row(path: string, schema: Schema, needed: boolean): string {
  const values = valuesOf(schema);
  const meaning = [schema.description, values && `One of: ${values}.`].filter(Boolean).join(" ");
  return `| \`${path}\` | ${needed ? "yes" : ""} | ${meaning.replaceAll("|", "\\|")} |`;
}

const valuesOf = ({ enum: own, items }: Schema): string | undefined =>
  (own ?? (items as Schema | undefined)?.enum)?.map((value) => `\`${value}\``).join(", ");

const builtIn = [...builtInServices.keys()].map((name) => `\`${name}\``).join(", ");

/** docs/site-file.md, made from the schema that the reader uses and from the checks. */
export function sitePage(): string {
  const { properties = {}, required = [] } = siteJsonSchema();
  const sections = Object.entries(properties).map(([key, schema]) => {
    // A conduit's criteria have the keys of the site's.
    const rows = keyRows(schema, "").filter((line) => !line.includes("NAME.criteria.NAME."));
    const table = rows.length === 0 ? [] : ["", "| key | needed | meaning |", "|---|---|---|", ...rows];
    const more = key === "services" ? ["", `Built in: ${builtIn}.`] : [];
    const about = `${schema.description}${required.includes(key) ? " Needed." : ""}`;
    return [`### ${key}`, "", about, ...table, ...more, ""];
  });
  return [
    "# The site file",
    "",
    "Made from the schema and the checks by `npx vitest run test/policy/site-page.test.ts --update`; a test compares them.",
    "",
    "`site.yaml` holds what was decided about a plant. `sluice init` writes the example below, or drafts a site file from an",
    "inventory or a baseline. `sluice check` reads it and names each mistake with its line, `sluice explain NAME` says what a",
    "name in it means, and `sluice fmt` puts it into its canonical form. It may be split over several files in one folder: give",
    "the folder as `--site`. The four plants in [rulesets](../rulesets/README.md) are larger examples.",
    "",
    "Editors complete and explain every key: `init` writes the schema beside the file, and its first line names it.",
    "",
    "## Example",
    "",
    "```yaml",
    siteTemplate({ name: "Example", timezone: "Europe/Zurich", target: "nftables" }).trimEnd(),
    "```",
    "",
    "## Keys",
    "",
    "`NAME` is a name of your own: 1 to 31 characters of a-z, 0-9 and -, starting with a letter. A duration is a number with its",
    "unit, such as `120s`, `10m`, `8h` or `1h30m`. Abort criteria have [a page of their own](criteria.md).",
    "",
    ...sections.flat(),
    "## Checks",
    "",
    "`sluice check` also looks for what is valid and worth a second look. A finding that is meant to be so is entered under",
    "`silences`, with the reason; errors cannot be silenced.",
    "",
    "| check | severity | looks for | what to do |",
    "|---|---|---|---|",
    ...checks.map(({ id, severity, about, fix }) => `| \`${id}\` | ${severity} | ${about} | ${fix} |`),
    "",
  ].join("\n");
}
