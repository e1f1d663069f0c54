/**
 * What a rule asks of the interface by which a packet comes or leaves: to be any of `names`, or with `not` none of them.
 * A name that ends in `*` stands for every name that begins so.
 */
export interface Interfaces {
  readonly names: readonly string[];
  readonly not?: true;
}

export const isInterface = ({ names, not }: Interfaces, name: string): boolean =>
  names.some((asked) => (asked.endsWith("*") ? name.startsWith(asked.slice(0, -1)) : name === asked)) !==
  (not === true);

/**
 * One interface for each class that conditions can tell apart: every name that they name, `eth*` for the others that
 * begin so, and `*` for all the rest. A forwarded packet neither comes from the loopback interface nor leaves by it.
 */
export function interfaceClasses(asked: Iterable<Interfaces>): readonly string[] {
  const named = new Set<string>();
  for (const { names } of asked) for (const name of names) named.add(name);
  named.delete("lo");
  named.delete("*");
  return [...[...named].sort(), "*"];
}
