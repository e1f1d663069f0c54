import { CommandError } from "./context.ts";

/** What bears a name that was typed. @throws {CommandError} that lists the names there are. */
export function findNamed<T extends { readonly id: string }>(
  all: readonly T[],
  id: string,
  what: string,
  owner = "the site file",
): T {
  const found = all.find((one) => one.id === id);
  if (found) return found;
  const known = all.map((one) => one.id).join(", ");
  throw new CommandError(`${owner} has no ${what} "${id}"; it has ${known || "none"}`);
}
