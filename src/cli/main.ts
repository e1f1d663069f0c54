#!/usr/bin/env node
import { run } from "@stricli/core";
import { applicationFor } from "./app.ts";
import { type Context, exitCodes } from "./context.ts";

// A reader that went away (`sluice … | head`) is not a failure, and neither is a terminal that was closed.
const gone = new Set(["EPIPE", "EIO"]);
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (!gone.has(error.code ?? "")) throw error;
  process.exit();
});
// Nobody hears any more how a trial ends, and it must end in its orderly way all the same.
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (!gone.has(error.code ?? "")) throw error;
});

// The YAML library asks the environment at every token whether to log, and each question costs a system call's worth
// of time: a copy in memory answers at once.
process.env = { ...process.env };

const context: Context = { process, cwd: process.cwd(), now: () => new Date() };
const words = process.argv.slice(2);
await run(await applicationFor(words), words, context);

// The command line library uses small negative codes for what the user typed wrong.
if (typeof process.exitCode === "number" && process.exitCode < 0) process.exitCode = exitCodes.usage;
