import { parseValue } from "../../baseline/sources/json.ts";
import { EngineError } from "../engine-error.ts";

/** One row of an answer: values by the names of its columns. */
export type AnswerRow = Readonly<Record<string, unknown>>;

/** Reads an answer, line by line. */
export interface AnswerReader {
  line(text: string): void;
  /** @throws {EngineError} unless all of the answer was there. */
  end(): void;
}

/**
 * Reads ClickHouse's format JSONCompact: one line for each row, in a frame that begins with the columns and ends with the
 * number of rows. So an answer that breaks off is seen as such, also where whatever carried it (a proxy that knows no chunks)
 * makes a whole of it. A server that fails after it has begun writes its error behind the rows, under the status 200.
 */
export function readAnswer(row: (values: AnswerRow) => void): AnswerReader {
  const frame: string[] = [];
  let names: readonly string[] | undefined;
  let rows = 0;
  return {
    line(text) {
      if (!text.startsWith("\t\t[")) {
        if (frame.length < mostLines) frame.push(text);
        return;
      }
      names ??= columnsOf(frame);
      const values = parseValue(text.replace(/,$/, ""));
      if (!Array.isArray(values) || values.length !== names?.length) throw noAnswer(text, rows);
      rows += 1;
      row(Object.fromEntries(names.map((name, index) => [name, values[index]])));
    },
    end() {
      const text = frame.join("\n");
      const whole = parseValue(text) as { readonly rows?: unknown } | undefined;
      if (whole?.rows === rows) return;
      throw noAnswer(text, rows);
    },
  };
}

/** What stands around the rows is short: of what is no answer the beginning is enough. */
const mostLines = 1000;

/** The names in the beginning of a frame. */
function columnsOf(frame: readonly string[]): readonly string[] | undefined {
  const head = parseValue(`${frame.join("\n")}]}`) as {
    readonly meta?: readonly { readonly name: string }[];
  };
  return head?.meta?.map(({ name }) => name);
}

function noAnswer(text: string, rows: number): EngineError {
  const failure = /Code: \d+[^\n]*DB::.*/s.exec(text)?.[0];
  if (failure !== undefined)
    return new EngineError(`the cluster failed in the middle of its answer: ${brief(failure)}`);
  if (rows > 0 || /^\s*([[{]|$)/.test(text))
    return new EngineError(`the answer breaks off after ${rows} rows: nothing of it is used`);
  return new EngineError(`this is no answer of ClickHouse: ${brief(text)}`);
}

/** The first words of what a server said. */
export const brief = (text: string): string => text.slice(0, 500).trim();
