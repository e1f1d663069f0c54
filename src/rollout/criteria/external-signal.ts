import type { Reading, Rule } from "./reading.ts";

/** What was found of an outside signal: a file with its age in seconds, the end of a command, or nothing. */
export type SignalFound =
  | { readonly kind: "file"; readonly content: string; readonly age: number }
  | { readonly kind: "exit"; readonly code: number; readonly output: string }
  | { readonly kind: "nothing"; readonly reason: string };

/**
 * A file passes while it says what is expected, and says nothing once it is stale. A command ends as plugins of monitoring
 * systems do (Monitoring Plugins Development Guidelines): 0 is well, 1 and 2 are not, and any other end is no answer.
 */
export function signalReading(signal: NonNullable<Rule["signal"]>, found: SignalFound): Reading {
  switch (found.kind) {
    case "nothing":
      return { result: "no-data", reason: found.reason };
    case "exit": {
      const said = found.output.split("\n", 1)[0]!.slice(0, 200);
      const reason = `the command ended with ${found.code}${said === "" ? "" : `: ${said}`}`;
      if (found.code === 0) return { result: "pass", reason };
      return { result: found.code === 1 || found.code === 2 ? "fail" : "no-data", reason };
    }
    case "file": {
      if (signal.kind !== "file")
        return { result: "no-data", reason: "a command was to be asked, not a file" };
      if (found.age > signal.staleAfter) {
        return {
          result: "no-data",
          reason: `${signal.path} was written ${found.age.toFixed(0)} s ago: it is stale, and says nothing`,
        };
      }
      const said = found.content.trim().split("\n", 1)[0]!.slice(0, 200);
      return said === signal.expect
        ? { result: "pass", reason: `${signal.path} says "${said}"` }
        : { result: "fail", reason: `${signal.path} says "${said}", not "${signal.expect}"` };
    }
  }
}
