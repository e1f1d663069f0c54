/** Names as a site file takes them, in the same order: lower case, plain characters, short, each only once. */
export function uniqueIds(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  /** The next number of a name, so that many of one name need not count up from the first. */
  const next = new Map<string, number>();
  return names.map((name) => {
    const base = plainId(name);
    let id = base;
    let count = next.get(base) ?? 2;
    for (; taken.has(id); count++) id = `${base.slice(0, 31 - String(count).length - 1)}-${count}`;
    next.set(base, count);
    taken.add(id);
    return id;
  });
}

function plainId(name: string): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const named = /^[a-z]/.test(plain) ? plain : `n-${plain}`;
  return named.slice(0, 31).replace(/-+$/, "");
}
