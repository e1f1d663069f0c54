import { createInterface } from "node:readline";
import type { Plan } from "../../plan/plan.ts";
import { CommandError, type Context } from "../context.ts";

/** The exercise steps that somebody says to have done: by option, and at a terminal by typing their names. */
export interface ExercisedSteps {
  readonly done: ReadonlySet<string>;
  close(): void;
}

/** @throws {CommandError} for a step that the plan does not have. */
export function exercisedSteps(
  context: Context,
  { exercises }: Plan,
  said: readonly string[],
): ExercisedSteps {
  const known = new Set(exercises.map(({ id }) => id));
  const unknown = said.find((step) => !known.has(step));
  if (unknown !== undefined) {
    const names = [...known].join(", ") || "none";
    throw new CommandError(`the plan has no exercise step "${unknown}"; it has ${names}`);
  }
  const done = new Set(said);
  const { stdin } = context.process as NodeJS.Process;
  if (done.size === known.size || !stdin?.isTTY) return { done, close: () => undefined };
  const lines = createInterface({ input: stdin });
  lines.on("line", (line) => {
    const step = line.trim();
    if (known.has(step)) done.add(step);
    else if (step !== "") {
      context.process.stderr.write(`there is no step of that name; the plan has ${[...known].join(", ")}\n`);
    }
  });
  // Ctrl-C is the operator's abort, here as everywhere.
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  return { done, close: () => lines.close() };
}
