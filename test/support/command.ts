import { PassThrough } from "node:stream";
import { run } from "@stricli/core";
import { applicationFor } from "../../src/cli/app.ts";
import type { Context } from "../../src/cli/context.ts";
import { checkDocument } from "./documents.ts";

/** What a command printed, and how it ended. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Runs `sluice` in this process, as main.ts does, with its own streams. */
export async function sluice(
  cwd: string,
  args: readonly string[],
  stdin: Uint8Array = new Uint8Array(0),
  now: () => Date = () => new Date("2026-01-05T08:00:00Z"),
): Promise<Ended> {
  const [out, err] = [capture(), capture()];
  const input = new PassThrough();
  input.end(stdin);
  const process = {
    stdout: out.stream as unknown as NodeJS.WriteStream,
    stderr: err.stream as unknown as NodeJS.WriteStream,
    stdin: input as unknown as NodeJS.ReadStream,
    env: {},
    exitCode: undefined as number | undefined,
  };
  const context: Context = { process, cwd, now };
  await run(await applicationFor(args), args, context);
  // Whatever a test is about: what a command prints as JSON is a document of a published schema.
  if (args.includes("--json")) {
    // `watch` prints a stream of them, one a line.
    const documents = args[0] === "watch" ? out.text().split("\n") : [out.text()];
    for (const text of documents) if (text !== "") checkDocument(text);
  }
  return { stdout: out.text(), stderr: err.text(), code: process.exitCode ?? 0 };
}

function capture(): { readonly stream: object; text(): string } {
  const pieces: string[] = [];
  return {
    stream: { isTTY: false, write: (text: string) => pieces.push(text) > 0 },
    text: () => pieces.join(""),
  };
}
