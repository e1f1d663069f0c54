import type { Baseline } from "../baseline/flow.ts";
import type { Backend, Capabilities } from "../compile/backend.ts";
import type { Stage } from "../compile/ir.ts";
import { canonicalJson, sha256 } from "../digest.ts";
import { type AddressRange, formatRange } from "../net/address.ts";
import { formatPacket } from "../net/packet.ts";
import { formatService, type Service } from "../net/service.ts";
import { formatDuration } from "../policy/duration.ts";
import type { Conduit, FlowSet, Site } from "../policy/model.ts";
import { type ClaimResult, statements } from "./claims/claim.ts";

/** Changes when the meaning of a proof changes: what is modelled, or what a claim says. */
const engineVersion = 1;

/** How a certificate, a plan and a review begin what nobody has tried on a real firewall of that kind. */
export const unprovenMeaning =
  "UNPROVEN: no real firewall of this kind has run such a ruleset here; what it means rests on documentation alone";

const meaning: Readonly<Record<Capabilities["judge"], string>> = {
  real: "that the kernel does what its ruleset says (tested against the real one, not proved)",
  nobody: unprovenMeaning,
};

/** What no proof here covers; it stands in every certificate. */
const outsideTheProof: readonly string[] = [
  "how connection tracking classes a packet: as a request, a reply, related or unknown",
  "address translation and connection tracking helpers, which change packets before or after the rules",
  "routing, bridging and hardware or software offload, which can lead packets past the rules",
  "fragments: connection tracking puts them together before the rules see them",
  "rules of the host's own, which may still drop what Sluice lets pass",
];

/** The firewall holds who may drain, and for how long, as state: no text of ours can name them. */
const drained = (seconds: number): string =>
  `sessions that were open when enforcement was armed, which drain: their packets pass for ${formatDuration(seconds)} ` +
  "from then, or until the firewall restarts; a session that begins later is judged";

/** What was proved of one ruleset, and of which bytes: written beside it. Hashes are SHA-256 in hex. */
export interface Certificate {
  readonly schema: "sluice/certificate";
  readonly version: 1;
  readonly engine: number;
  readonly site: string;
  readonly firewall: string;
  readonly conduit: string;
  readonly stage: Stage;
  /** Of the resolved conduit and its zones, without places in files. */
  readonly policy: string;
  /** Null when no baseline was given. */
  readonly baseline: string | null;
  readonly text: string;
  readonly claims: readonly {
    readonly claim: string;
    readonly statement: string;
    readonly result: ClaimResult["result"];
    readonly cause?: string;
    readonly witness?: string;
    readonly message?: string;
  }[];
  readonly outside: readonly string[];
}

export function certify(subject: {
  readonly site: Site;
  readonly conduit: Conduit;
  readonly firewall: string;
  readonly stage: Stage;
  readonly target: Pick<Backend, "capabilities">;
  readonly text: string;
  readonly baseline: Baseline | undefined;
  readonly claims: readonly ClaimResult[];
}): Certificate {
  return {
    schema: "sluice/certificate",
    version: 1,
    engine: engineVersion,
    site: subject.site.name,
    firewall: subject.firewall,
    conduit: subject.conduit.id,
    stage: subject.stage,
    policy: policyHash(subject.site, subject.conduit),
    baseline: subject.baseline ? baselineHash(subject.baseline) : null,
    text: sha256(subject.text),
    claims: subject.claims.map((claim) => ({
      claim: claim.claim,
      statement: statements[claim.claim],
      result: claim.result,
      ...(claim.result === "not-proved" && { cause: claim.cause }),
      ...(claim.result === "failed" && { witness: formatPacket(claim.packet), message: claim.message }),
    })),
    outside: [
      meaning[subject.target.capabilities.judge],
      ...(subject.conduit.sessions?.mode === "drain" ? [drained(subject.conduit.sessions.seconds)] : []),
      ...outsideTheProof,
    ],
  };
}

/** One baseline is given for every conduit, stage and firewall of a site, and may hold a hundred thousand flows. */
const baselineHashes = new WeakMap<Baseline, string>();

function baselineHash(baseline: Baseline): string {
  const hash = baselineHashes.get(baseline) ?? sha256(canonicalJson(baseline));
  baselineHashes.set(baseline, hash);
  return hash;
}

/** Equal for two site files exactly when they decide the same about a conduit, wherever in the file they say it. */
function policyHash(site: Site, conduit: Conduit): string {
  const ranges = (list: readonly AddressRange[]): readonly string[] => list.map(formatRange);
  const services = (list: readonly Service[]): readonly string[] => list.map(formatService);
  const flows = <T extends FlowSet & { readonly id: string }>(set: T) => {
    const { span: _, ...decided } = set;
    const [initiators, responders] = [ranges(set.initiators), ranges(set.responders)];
    return { ...decided, initiators, responders, services: services(set.services) };
  };
  const zones = conduit.zones.map((id) => ({
    id,
    networks: ranges(site.zones.find((zone) => zone.id === id)?.networks ?? []),
  }));
  const policy = {
    id: conduit.id,
    zones,
    permits: conduit.permits.map(flows),
    denials: conduit.denials.map(flows),
    ...(conduit.sessions && { sessions: conduit.sessions }),
  };
  return sha256(canonicalJson(policy));
}
