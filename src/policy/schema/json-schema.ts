import { z } from "zod";
import { siteSchema } from "./site.ts";

/** Where the schema of this version is kept, for editors. */
export const siteSchemaFile = "schemas/site-1.schema.json";

/** The language as JSON Schema (draft 2020-12), made from the schema that reads it. */
export function siteJsonSchema(): JsonSchema {
  made ??= z.toJSONSchema(siteSchema, { io: "input" }) as JsonSchema;
  return made;
}
/** Made once, when it is first needed: a file without errors needs none. */
let made: JsonSchema | undefined;

/** The parts of a JSON Schema that describe keys. */
export interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
}
