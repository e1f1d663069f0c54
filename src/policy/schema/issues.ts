import type { z } from "zod";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { isRecord, type Path, type Source, valueAt } from "../source/source.ts";
import { alternatives, didYouMean, nearest } from "../suggest.ts";
import { type JsonSchema, siteJsonSchema } from "./json-schema.ts";

type Issue = z.core.$ZodIssue;

/** What the schema objects to, each at its place; of several objections to one value, the first. */
export function issueDiagnostics(issues: readonly Issue[], source: Source): readonly Diagnostic[] {
  const schema = siteJsonSchema();
  // A misspelt key explains the missing one: the path of the latter counts as reported.
  const seen = new Set<string>();
  const unknown = issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [];
    const path = issue.path as Path;
    return issue.keys.map((name) => {
      const meant = meantKey(name, path, schema, source);
      if (meant !== undefined) seen.add(JSON.stringify([...path, meant]));
      return unknownKey(name, path, meant, schema, source);
    });
  });
  const others = issues.flatMap((issue) => {
    const path = issue.path as Path;
    const key = JSON.stringify(path);
    if (issue.code === "unrecognized_keys" || seen.has(key)) return [];
    seen.add(key);
    return valueDiagnostic(issue, path, schema, source);
  });
  return [...unknown, ...others];
}

/** The key that a misspelt one most likely stands for, of those that are not there yet. */
function meantKey(name: string, path: Path, schema: JsonSchema, source: Source): string | undefined {
  const taken = valueAt(source.value, path);
  const known = Object.keys(schemaAt(schema, path)?.properties ?? {});
  return nearest(
    name,
    known.filter((key) => !isRecord(taken) || !(key in taken)),
  );
}

function unknownKey(
  name: string,
  path: Path,
  meant: string | undefined,
  schema: JsonSchema,
  source: Source,
): Diagnostic {
  const known = Object.keys(schemaAt(schema, path)?.properties ?? {});
  const fix =
    name === "<<"
      ? mergeKeys
      : meant === undefined
        ? `the keys here are ${known.join(", ")}`
        : `did you mean "${meant}"?`;
  return {
    code: "site/unknown-key",
    severity: "error",
    message: `unknown key "${name}" in ${label(path)}`,
    span: source.locate([...path, name], "key"),
    fix,
  };
}

function valueDiagnostic(issue: Issue, path: Path, schema: JsonSchema, source: Source): Diagnostic {
  const found = valueAt(source.value, path);
  const last = path.at(-1);
  if (found === undefined) {
    const about = schemaAt(schema, path)?.description;
    return {
      code: "site/missing-key",
      severity: "error",
      message: `${label(path.slice(0, -1))} needs the key "${last}"`,
      span: source.locate(path.slice(0, -1), "key"),
      ...(about !== undefined && { fix: `${last}: ${about}` }),
    };
  }
  if (issue.code === "invalid_key") {
    const span = source.locate(path, "key");
    const message = `"${last}" cannot be a name: ${issue.issues[0]?.message ?? issue.message}`;
    return {
      code: "site/bad-name",
      severity: "error",
      message,
      span,
      ...(last === "<<" && { fix: mergeKeys }),
    };
  }
  const span = source.locate(path, "value");
  switch (issue.code) {
    case "invalid_type":
      return {
        code: "site/wrong-type",
        severity: "error",
        message: `${label(path)} must be ${kinds[issue.expected] ?? issue.expected}, but is ${describe(found)}`,
        span,
        ...(issue.expected === "string" && quoting(found, path)),
      };
    case "invalid_value": {
      const values = issue.values.map(String);
      const guess = typeof found === "string" ? didYouMean(found, values) : undefined;
      return {
        code: "site/bad-value",
        severity: "error",
        message: `${label(path)} must be ${alternatives(values)}, but is ${describe(found)}`,
        span,
        ...(guess !== undefined && { fix: guess }),
      };
    }
    default:
      return { code: "site/bad-value", severity: "error", message: `${label(path)}: ${issue.message}`, span };
  }
}

/** What YAML took for something else than the text that was meant. */
function quoting(found: unknown, path: Path): { readonly fix?: string } {
  if (typeof found === "number" && path.includes("services"))
    return { fix: `write tcp/${found} or udp/${found}` };
  if (typeof found === "number" || typeof found === "boolean") return { fix: `write "${found}" in quotes` };
  const isMapping = typeof found === "object" && found !== null && !Array.isArray(found);
  return isMapping
    ? { fix: 'write it in quotes where it ends in ":" or has ": " in it, as fd00:: does' }
    : {};
}

const mergeKeys = "YAML 1.2 has no merge keys: write the keys out, or use a group";

/** The schema of what stands at a path. */
function schemaAt(schema: JsonSchema, path: Path): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((at, step) => {
    if (typeof step === "number") return at?.items;
    return at?.properties?.[step] ?? (at?.additionalProperties || undefined);
  }, schema);
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  record: "a mapping of names",
  object: "a mapping",
};

function describe(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return typeof value === "string" ? `"${value.slice(0, 60)}"` : String(value);
}

const label = (path: Path): string => {
  const last = path.at(-1);
  if (last === undefined) return "the site file";
  return typeof last === "number" ? `entry ${last + 1} of "${path.at(-2)}"` : `"${last}"`;
};
