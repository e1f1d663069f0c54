import type { Cube } from "../../compile/program.ts";
import { portProtocols } from "../../net/protocol.ts";

/** How many payloads a protocol has in the tagged dimension: ports, or ICMP types times 256 plus their code. */
export const payloads = 65_536;

const isIcmp = (protocol: number): boolean => protocol === 1 || protocol === 58;

/** True when a cube asks nothing about the service. */
export const isAnyService = (cube: Cube): boolean =>
  !cube.protocol && !cube.destinationPort && !cube.sourcePort && !cube.icmpType && !cube.icmpCode;

/**
 * Gives each range of tagged services that a cube leaves, in ascending order, to `take`: both ends are inclusive. None
 * for a cube that contradicts itself. Called for every cube of a program, so it makes no lists.
 */
export function eachService(cube: Cube, take: (from: number, to: number) => void): void {
  const { protocol, sourcePort, destinationPort, icmpType, icmpCode } = cube;
  const [first, last] = [Math.max(protocol?.from ?? 0, 0), Math.min(protocol?.to ?? 255, 255)];
  const asksIcmp = icmpType !== undefined || icmpCode !== undefined;
  const asksPorts = destinationPort !== undefined || sourcePort !== undefined;
  if (asksIcmp && asksPorts) return;
  if (!asksIcmp && !asksPorts) {
    take(first * payloads, last * payloads + payloads - 1);
    return;
  }
  for (let tag = first; tag <= last; tag += 1) {
    const base = tag * payloads;
    if (asksPorts && portProtocols.has(tag))
      take(base + (destinationPort?.from ?? 0), base + (destinationPort?.to ?? payloads - 1));
    if (asksIcmp && isIcmp(tag)) eachIcmp(base, cube, take);
  }
}

function eachIcmp(
  base: number,
  { icmpType, icmpCode }: Cube,
  take: (from: number, to: number) => void,
): void {
  const types = icmpType ?? { from: 0, to: 255 };
  const codes = icmpCode ?? { from: 0, to: 255 };
  if (codes.from === 0 && codes.to === 255) {
    take(base + types.from * 256, base + types.to * 256 + 255);
    return;
  }
  for (let type = types.from; type <= types.to; type += 1)
    take(base + type * 256 + codes.from, base + type * 256 + codes.to);
}
