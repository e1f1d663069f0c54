import { type ListedTable, readListing } from "./listing.ts";
import { objectName } from "./names.ts";
import { ownTable } from "./own-state.ts";

/** What the host printed of our table: with numbers and handles, and the rules that count before and after it. */
export interface CountersListing {
  /** Of the kernel that runs and its network: another after a reboot. */
  readonly boot: string;
  readonly before: ListedTable | undefined;
  readonly own: ListedTable | undefined;
  readonly after: ListedTable | undefined;
}

/** Reads the output of `countersScript`. */
export function countersListing(printed: string): CountersListing {
  const parts = new Map(
    printed
      .split(/^@(?=boot|before|own|after)/m)
      .map((part) => [/^\w*/.exec(part)![0], part.replace(/^\w*/, "")] as const),
  );
  const tableOf = (name: string): ListedTable | undefined => joined(readListing(parts.get(name) ?? ""));
  return {
    boot: parts.get("boot")?.trim() ?? "",
    ...{ before: tableOf("before"), own: tableOf("own"), after: tableOf("after") },
  };
}

/** The chains whose last rule counts what no permit of a conduit admitted. */
export const stageChains = (conduit: string): readonly string[] =>
  (["c", "t"] as const).flatMap((generation) =>
    ["monitor", "enforce"].map((stage) => objectName(generation, conduit, stage)),
  );

/** Listed chain by chain, our table comes in several pieces. */
function joined(tables: readonly ListedTable[]): ListedTable | undefined {
  const own = ownTable(tables);
  return (
    own && { ...own, objects: tables.flatMap(({ name, objects }) => (name === own.name ? objects : [])) }
  );
}
