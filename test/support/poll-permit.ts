/** The permit on which the sites of the tests of rollouts rest, as it stands in a conduit; `seen.json` is its evidence. */
export const pollPermit = `    permits:
      poll:
        initiators: [10.20.1.10]
        responders: [10.10.1.10]
        services: [tcp/502]
        reason: The process needs it.
        owner: eva
        evidence: baseline/seen.json`;
