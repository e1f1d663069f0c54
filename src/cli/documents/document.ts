import { z } from "zod";
import { printableJson } from "../../diagnostics/printable.ts";
import type { Context } from "../context.ts";

/**
 * A document that a command prints with `--json`: its name, the version of its shape, and the shape itself, from which
 * schemas/NAME-VERSION.schema.json is made. Within a version fields are added, and none is renamed or given another meaning.
 */
export interface Published<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly name: string;
  readonly version: number;
  readonly schema: z.ZodType;
  readonly fields: z.ZodObject<Shape, z.core.$strict>;
}

export const published = <Shape extends z.ZodRawShape>(
  name: string,
  version: number,
  about: string,
  shape: Shape,
): Published<Shape> => ({
  name,
  version,
  schema: z
    .strictObject({ schema: z.literal(`sluice/${name}`), version: z.literal(version), ...shape })
    .describe(about),
  fields: z.strictObject(shape),
});

/** A document as text: safe to show in a terminal, whatever stands in it. */
export const documentText = <Shape extends z.ZodRawShape>(
  { name, version }: Published<Shape>,
  fields: z.input<z.ZodObject<Shape, z.core.$strict>>,
): string => jsonText({ schema: `sluice/${name}`, version, ...fields });

const jsonText = (document: object): string => printableJson(`${JSON.stringify(document, undefined, 2)}\n`);

/** Prints one document on the standard output. */
export function printDocument<Shape extends z.ZodRawShape>(
  { process }: Context,
  published: Published<Shape>,
  fields: z.input<z.ZodObject<Shape, z.core.$strict>>,
): void {
  process.stdout.write(documentText(published, fields));
}

/** Prints one document of a stream, on a line of its own. */
export function printLine<Shape extends z.ZodRawShape>(
  { process }: Context,
  { name, version }: Published<Shape>,
  fields: z.input<z.ZodObject<Shape, z.core.$strict>>,
): void {
  process.stdout.write(
    printableJson(`${JSON.stringify({ schema: `sluice/${name}`, version, ...fields })}\n`),
  );
}

/** Prints a value that is a document by itself. */
export const printJson = ({ stdout }: Pick<Context["process"], "stdout">, document: object): boolean =>
  stdout.write(jsonText(document));

/** The flag of every command that prints a document. */
export const jsonFlag = {
  kind: "boolean",
  default: false,
  withNegated: false,
  brief: "Print one JSON document (schemas/README.md)",
} as const;
