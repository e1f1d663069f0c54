import type { ProbeAnswer } from "../../target.ts";
import type { Reading, Rule } from "./reading.ts";

/** Fails when the connection does not open; where it could not be tried nothing is known. */
export function probeReading(
  { address, port, from }: NonNullable<Rule["probe"]>,
  answer: ProbeAnswer,
): Reading {
  const what = `tcp ${address}:${port} from the ${from === "firewall" ? "firewall" : "engineer's machine"}`;
  switch (answer) {
    case "open":
      return { result: "pass", reason: `${what} opens` };
    case "closed":
      return { result: "fail", reason: `${what} does not open` };
    case "unknown":
      return { result: "no-data", reason: `${what} could not be tried: there is no tool for it` };
  }
}
