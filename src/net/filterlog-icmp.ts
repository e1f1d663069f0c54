/** The words of filterlog for ICMP types, as [IPv4, IPv6] (its print.c). Others it does not tell. */
export const filterlogIcmpTypes: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["request", [8, 128]],
  ["reply", [0, 129]],
  ["unreach", [3, 1]],
  ["unreachproto", [3, 1]],
  ["unreachport", [3, 1]],
  ["needfrag", [3, 2]],
  ["timexceed", [11, 3]],
  ["paramprob", [12, 4]],
  ["redirect", [5, 137]],
  ["tstamp", [13, 13]],
  ["tstampreply", [14, 14]],
  ["maskreply", [18, 18]],
]);
