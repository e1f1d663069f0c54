import { z } from "zod";

// A report as a value. The page, the terminal and the JSON are three printers of it, so they cannot say different things.

const many = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();

/** What a value means for whoever must decide. Printers show it by a sign as well as by a colour. */
const tone = z.enum(["good", "warn", "bad"]);
export type Tone = z.infer<typeof tone>;

const cell = z.union([z.string(), z.strictObject({ text: z.string(), tone })]);
export type Cell = z.infer<typeof cell>;

const column = z.strictObject({
  heading: z.string(),
  /** `choice`: few different values, by which a reader wants to filter. `date`: a day or a time, which stays in one line. */
  kind: z.enum(["text", "number", "date", "code", "choice"]),
});
export type Column = z.infer<typeof column>;

const diffLine = z.strictObject({ number: z.int(), text: z.string() });

const leaf = [
  z.strictObject({
    kind: z.literal("paragraph"),
    text: z.string(),
    /** `absent` says in plain words that something is not known. */
    role: z.enum(["body", "lead", "absent"]),
  }),
  /** Numbers that a reader should see first. Each has an id, and is the same in every printer. */
  z.strictObject({
    kind: z.literal("figures"),
    items: many(
      z.strictObject({ id: z.string(), label: z.string(), value: z.string(), tone: tone.optional() }),
    ),
  }),
  z.strictObject({
    kind: z.literal("facts"),
    items: many(z.strictObject({ term: z.string(), value: cell, code: z.boolean().optional() })),
  }),
  z.strictObject({
    kind: z.literal("table"),
    caption: z.string(),
    columns: many(column),
    rows: many(many(cell)),
  }),
  z.strictObject({ kind: z.literal("list"), items: many(cell) }),
  /** Words to type, or text to read as it stands. */
  z.strictObject({ kind: z.literal("code"), caption: z.string(), text: z.string() }),
  z.strictObject({
    kind: z.literal("diff"),
    caption: z.string(),
    /** Lines beside each other; a missing side has no counterpart, `gap` counts lines left out that are the same. */
    rows: many(
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("same"), before: diffLine, after: diffLine }),
        z.strictObject({
          kind: z.literal("change"),
          before: diffLine.optional(),
          after: diffLine.optional(),
        }),
        z.strictObject({ kind: z.literal("gap"), lines: z.int() }),
      ]),
    ),
  }),
  /** How many were known after each step, as in a discovery curve. */
  z.strictObject({
    kind: z.literal("curve"),
    caption: z.string(),
    unit: z.string(),
    step: z.string(),
    points: many(z.int().min(0)),
  }),
  z.strictObject({
    kind: z.literal("diagram"),
    caption: z.string(),
    zones: many(z.strictObject({ id: z.string(), level: z.number(), detail: z.string(), lit: z.boolean() })),
    conduits: many(
      z.strictObject({
        id: z.string(),
        zones: z.tuple([z.string(), z.string()]),
        stage: z.enum(["unmanaged", "monitor", "enforce", "unknown"]),
        lit: z.boolean(),
      }),
    ),
  }),
] as const;
const leafBlock = z.discriminatedUnion("kind", leaf);
export type LeafBlock = z.infer<typeof leafBlock>;

/** `fold` is closed at first: what only some readers want. */
const block = z.discriminatedUnion("kind", [
  ...leaf,
  z.strictObject({ kind: z.literal("fold"), title: z.string(), blocks: many(leafBlock) }),
]);
export type Block = z.infer<typeof block>;

const section = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** What the section serves, as in `IEC 62443-3-3 SR 2.8`. */
  clauses: many(z.string()),
  blocks: many(block),
});
export type Section = z.infer<typeof section>;

export const reportSchema = z.strictObject({
  schema: z.enum(["sluice/review", "sluice/site-report", "sluice/evidence"]),
  version: z.literal(1),
  /** What it is about, as in `Lab plant`. */
  subject: z.string(),
  title: z.string(),
  /** The whole of it in one paragraph of plain words. */
  summary: z.string(),
  status: z.strictObject({ text: z.string(), tone }),
  sections: many(section),
});
export type Report = z.infer<typeof reportSchema>;

export type Figure = Extract<LeafBlock, { kind: "figures" }>["items"][number];
export type Curve = Extract<LeafBlock, { kind: "curve" }>;
export type Diagram = Extract<LeafBlock, { kind: "diagram" }>;
export type Table = Extract<LeafBlock, { kind: "table" }>;
export type Diff = Extract<LeafBlock, { kind: "diff" }>;

export const paragraph = (text: string): LeafBlock => ({ kind: "paragraph", text, role: "body" });

/** Says that something is not known, and by what it would become known. */
export const absent = (text: string): LeafBlock => ({ kind: "paragraph", text, role: "absent" });

export const cellText = (value: Cell): string => (typeof value === "string" ? value : value.text);
