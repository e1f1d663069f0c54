import type { Plan } from "../../plan/plan.ts";
import { CommandError, type Context } from "../context.ts";
import { typedLines } from "./typed-lines.ts";

/** The exercise steps that somebody says to have done: by option, and at a terminal by typing their names. */
export interface ExercisedSteps {
  /** What was said so far. Nobody is listened to before the first call: until then the terminal is for other questions. */
  done(): ReadonlySet<string>;
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
  const { stdin, stderr } = context.process as NodeJS.Process;
  const tell = (line: string): void => void stderr.write(`${line}\n`);
  const missing = (): string => [...known].filter((step) => !done.has(step)).join(", ");
  const deaf = (why: string): void => {
    if (done.size < known.size) {
      tell(
        `${why}, so nobody can say that ${missing()} is done: the trial ends at its maximum. End it sooner with Ctrl-C or ` +
          '"sluice abort", and give --exercised in the next one',
      );
    }
  };
  const listen = (): (() => void) => {
    if (done.size === known.size) return () => undefined;
    if (!stdin?.isTTY) {
      deaf("there is no terminal");
      return () => undefined;
    }
    return typedLines(
      stdin,
      (step) => {
        if (step === "") return;
        if (!known.has(step)) tell(`there is no step of that name; the plan still waits for ${missing()}`);
        else tell(done.has(step) ? `${step} is noted already` : `${step} is noted`);
        if (known.has(step)) done.add(step);
      },
      () => deaf("the input of this terminal has ended"),
    );
  };
  let stop: (() => void) | undefined;
  return {
    done() {
      stop ??= listen();
      return done;
    },
    close: () => stop?.(),
  };
}
