import type { Driver } from "../../target.ts";

/** Steps that leave a firewall as it is. */
const looks = [
  "facts",
  "read",
  "check",
  "guardState",
  "counters",
  "readings",
  "probe",
  "sessions",
  "endSessionCommand",
  "rehearseBoot",
  "preview",
  "undoByHand",
  "readFile",
  "pathOf",
] as const satisfies readonly (keyof Driver)[];
const harmless: ReadonlySet<PropertyKey> = new Set(looks);

/** A driver of which it is known whether it was asked for anything that may change the firewall. */
export function noticing(driver: Driver): { readonly driver: Driver; isTouched(): boolean } {
  let touched = false;
  const noticed = new Proxy(driver, {
    get(target, name) {
      const step = Reflect.get(target, name) as unknown;
      if (typeof step !== "function" || harmless.has(name)) return step;
      return (...words: readonly unknown[]) => {
        touched = true;
        return Reflect.apply(step, target, words) as unknown;
      };
    },
  });
  return { driver: noticed, isTouched: () => touched };
}
