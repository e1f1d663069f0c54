import type { Stage } from "../../src/compile/ir.ts";
import { sha256 } from "../../src/digest.ts";
import type { LiveConduit, LiveState, OwnState } from "../../src/target.ts";
import { type ListedObject, type ListedTable, normalForm, seconds } from "./listing.ts";
import {
  dispatchKinds,
  drainPart,
  families,
  type Generation,
  mapName,
  objectName,
  parseObjectName,
  table,
} from "./names.ts";
import { emitDrain } from "./objects.ts";

/** One element of a dispatch map. */
export interface Dispatch {
  readonly map: string;
  readonly key: string;
  readonly conduit: string;
  readonly generation: Generation;
  readonly stage: Stage;
  readonly lease: { readonly plan: string; readonly secondsLeft: number } | undefined;
}

export const ownTable = (tables: readonly ListedTable[]): ListedTable | undefined =>
  tables.find((one) => one.name === table);

/** Our table as the firewall lists it, as what it does. */
export function ownState(own: ListedTable | undefined): OwnState {
  const confirmed = own?.objects.filter((object) => parseObjectName(object.name)?.generation !== "t") ?? [];
  const form = isBareFrame(confirmed) ? "" : normalForm(confirmed);
  return { text: own?.text, form, ownHash: sha256(form), conduits: own ? liveConduits(own) : [] };
}

/** A frame that dispatches nothing lets every packet through: it is as good as absent. */
const isBareFrame = (objects: readonly ListedObject[]): boolean =>
  objects.every((object) =>
    object.kind === "chain"
      ? object.name === "forward" &&
        object.lines.every((line) => /^type filter |^ct state related .* accept$| vmap @\w+$/.test(line))
      : object.name === "lock" ||
        (object.elements.length === 0 &&
          dispatchKinds.some((kind) => families.some((family) => object.name === mapName(kind, family)))) ||
        /^trial[46]$/.test(object.name),
  );

function liveConduits(own: ListedTable): readonly LiveConduit[] {
  const found = new Map<string, LiveConduit>();
  for (const { conduit, generation, stage, lease } of dispatch(own)) {
    const draining = stage === "enforce" ? drainLeft(own, conduit, generation) : 0;
    found.set(`${generation} ${conduit} ${stage}`, {
      conduit,
      stage,
      rulesHash: sha256(conduitForm(own, conduit, generation)),
      ...(draining > 0 && { draining }),
      ...(lease ? { trial: lease } : {}),
    });
  }
  return [...found.values()];
}

/** The rules of one conduit in a form that does not tell a trial from what is confirmed. */
export const conduitForm = (own: ListedTable, conduit: string, generation: Generation): string =>
  normalForm(
    own.objects.filter((object) => {
      const name = parseObjectName(object.name);
      return name?.conduit === conduit && name.generation === generation;
    }),
  ).replaceAll(objectName(generation, conduit, ""), objectName("c", conduit, ""));

/** Every dispatch element of our table, the leased ones that have not expired included. */
export function dispatch(own: ListedTable): readonly Dispatch[] {
  return dispatchKinds.flatMap((kind) =>
    families.flatMap((family) => {
      const map = mapName(kind, family);
      return (own.objects.find((object) => object.name === map)?.elements ?? []).flatMap((element) => {
        const parts = /^(\S+ \. \S+)(.*) : goto (\S+)$/.exec(element);
        const name = parts && parseObjectName(parts[3]!);
        if (!name) return [];
        const lease = readLease(parts[2]!);
        return [
          {
            map,
            key: parts[1]!,
            conduit: name.conduit,
            generation: name.generation,
            stage: name.part as Stage,
            lease,
          },
        ];
      });
    }),
  );
}

function readLease(properties: string): Dispatch["lease"] {
  const expires = / expires (\w+)/.exec(properties);
  if (!expires) return undefined;
  return { plan: /"plan:(\w+)"/.exec(properties)?.[1] ?? "", secondsLeft: seconds(expires[1]!) };
}

/** Seconds for which a conduit's open sessions may still drain; 0 when they may not. */
export function drainLeft(own: ListedTable | undefined, conduit: string, generation: Generation): number {
  const set = own?.objects.find((object) => object.name === objectName(generation, conduit, drainPart));
  return Math.max(
    0,
    ...(set?.elements ?? []).map((element) => seconds(/ expires (\w+)/.exec(element)?.[1] ?? "")),
  );
}

/** What drains now goes on draining in a text that takes the place of everything, where that text lets it. */
export const keptDrains = (own: ListedTable | undefined, text: string): string =>
  [...new Set(own ? dispatch(own).flatMap((each) => (each.stage === "enforce" ? [each.conduit] : [])) : [])]
    .map((conduit) => ({ conduit, left: drainLeft(own, conduit, "c") }))
    .filter(({ conduit, left }) => left > 0 && text.includes(` set ${objectName("c", conduit, drainPart)} {`))
    .map(({ conduit, left }) => emitDrain(conduit, "c", left))
    .join("");

/** Who holds the firewall's lock, and for how long still. */
export function lockOf(own: ListedTable | undefined): LiveState["lock"] {
  const element = lockElements(own).find((one) => /^0x0*1 /.test(one));
  if (element === undefined) return undefined;
  return {
    holder: /comment "([^"]*)"/.exec(element)?.[1] ?? "unknown",
    secondsLeft: seconds(/ expires (\w+)/.exec(element)?.[1] ?? ""),
  };
}

/** Whether the firewall itself remembers that this plan was confirmed. */
export const rememberedAsConfirmed = (own: ListedTable | undefined, plan: string): boolean =>
  lockElements(own).some((element) => element.includes(`comment "confirmed:${plan.slice(0, 16)}"`));

const lockElements = (own: ListedTable | undefined): readonly string[] =>
  own?.objects.find((object) => object.name === "lock")?.elements ?? [];
