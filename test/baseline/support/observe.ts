import type { Baseline, BaselineFlow } from "../../../src/baseline/flow.ts";
import { observation } from "../../../src/baseline/observe.ts";
import type { ClockSettings } from "../../../src/baseline/sources/clock.ts";
import type { Diagnostic } from "../../../src/diagnostics/diagnostic.ts";
import { formatProtocol } from "../../../src/net/protocol.ts";

const noDigest = "0".repeat(64);

/**
 * Observes files that are given as bytes.
 * @param sizes lengths of the pieces that each file comes in, repeated.
 * @param clock what the logs leave out of their times.
 */
export function observeBytes(
  files: readonly Uint8Array[],
  sizes: readonly number[] = [65_536],
  clock: ClockSettings = {},
): { readonly baseline: Baseline; readonly warnings: readonly Diagnostic[] } {
  const seen = observation({ clock });
  const warnings = files.flatMap((file, index) => {
    const source = seen.open(`file ${index + 1}`);
    for (let at = 0, piece = 0; at < file.length; piece += 1) {
      const size = sizes[piece % sizes.length]!;
      source.push(file.subarray(at, at + size));
      at += size;
    }
    return source.end(noDigest);
  });
  return { baseline: seen.baseline(), warnings };
}

export const observeText = (text: string, clock?: ClockSettings): ReturnType<typeof observeBytes> =>
  observeBytes([Buffer.from(text)], undefined, clock);

/** `tcp 10.0.0.1 -> 10.0.0.2 502`. */
export const line = ({ protocol, initiator, responder, port, icmpType }: BaselineFlow): string =>
  [formatProtocol(protocol), initiator, "->", responder, port ?? icmpType ?? ""].join(" ").trim();

export const lines = (files: readonly Uint8Array[]): readonly string[] =>
  observeBytes(files).baseline.flows.map(line);
