import type { Site } from "../policy/model.ts";
import type { LiveConduit } from "../target.ts";

/** What packets meet on one member of a pair: the rules on trial, or else those that were confirmed. */
export interface Met {
  readonly firewall: string;
  readonly stage: LiveConduit["stage"] | "unmanaged";
  readonly onTrial: boolean;
}

/** Two firewalls that stand for each other: after a failover, packets meet what the other one does. */
export interface PairStanding {
  readonly firewalls: readonly [primary: string, standby: string];
  /**
   * The conduits that are not the same on both, so that a failover changes what passes; absent where a member did not answer.
   */
  readonly differences?: readonly { readonly conduit: string; readonly met: readonly [Met, Met] }[];
}

/** How the pairs of a site stand, by what their members were read to do. */
export function pairStandings(
  { firewalls }: Pick<Site, "firewalls">,
  liveOn: (firewall: string) => readonly LiveConduit[] | undefined,
): readonly PairStanding[] {
  return firewalls.flatMap(({ id, highAvailability }) => {
    if (highAvailability?.role !== "primary") return [];
    const names = [id, highAvailability.peer] as const;
    const [primary, standby] = names.map(liveOn);
    if (!primary || !standby) return [{ firewalls: names }];
    const conduits = new Set([...primary, ...standby].map(({ conduit }) => conduit));
    const differences = [...conduits].toSorted().flatMap((conduit) => {
      const [one, other] = [metOn(primary, conduit), metOn(standby, conduit)];
      if (one?.stage === other?.stage && one?.rulesHash === other?.rulesHash) return [];
      return [{ conduit, met: [asMet(names[0], one), asMet(names[1], other)] as const }];
    });
    return [{ firewalls: names, differences }];
  });
}

const metOn = (live: readonly LiveConduit[], conduit: string): LiveConduit | undefined => {
  const own = live.filter((one) => one.conduit === conduit);
  return own.find(({ trial }) => trial) ?? own[0];
};

const asMet = (firewall: string, live: LiveConduit | undefined): Met => ({
  firewall,
  stage: live?.stage ?? "unmanaged",
  onTrial: live?.trial !== undefined,
});
