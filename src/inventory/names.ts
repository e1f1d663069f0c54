/** Names as a site file takes them, in the same order: lower case, plain characters, short, each only once. */
export function uniqueIds(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const base = plainId(name);
    let id = base;
    for (let count = 2; taken.has(id); count++)
      id = `${base.slice(0, 31 - String(count).length - 1)}-${count}`;
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
