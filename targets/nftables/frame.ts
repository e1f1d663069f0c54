import { dispatchKinds, families, mapName } from "./names.ts";
import type { ElementGroup, NftObject } from "./statements.ts";

/** Types and expressions of a packet's two addresses, by family. */
export const addressType = { 4: "ipv4_addr", 6: "ipv6_addr" } as const;
export const addressKey = { 4: "ip saddr . ip daddr", 6: "ip6 saddr . ip6 daddr" } as const;
export const reversedAddressKey = { 4: "ip daddr . ip saddr", 6: "ip6 daddr . ip6 saddr" } as const;

/**
 * What is there before any conduit: the kernel-held lock, three dispatch maps per family and the one base chain.
 * A packet meets the trial first, then what is confirmed; a pair in no map falls through to the host's own rules.
 * ICMP errors belong to a connection that was judged itself; conntrack knows which (RFC 792, RFC 4443).
 */
export const frame = (dispatch: ReadonlyMap<string, readonly ElementGroup[]>): readonly NftObject[] => [
  { kind: "set", name: "lock", properties: ["type mark", "flags timeout"] },
  ...dispatchKinds.flatMap((kind) =>
    families.map((family): NftObject => {
      const name = mapName(kind, family);
      const groups = dispatch.get(name);
      return {
        kind: "map",
        name,
        properties: [
          `type ${addressType[family]} . ${addressType[family]} : verdict`,
          kind === "trial" ? "flags interval, timeout" : "flags interval",
        ],
        ...(groups ? { groups } : {}),
      };
    }),
  ),
  {
    kind: "chain",
    name: "forward",
    hook: "type filter hook forward priority filter + 10; policy accept;",
    rules: [
      "ct state related meta l4proto { icmp, icmpv6 } accept",
      ...families.flatMap((family) =>
        dispatchKinds.map((kind) => `${addressKey[family]} vmap @${mapName(kind, family)}`),
      ),
    ],
  },
];
