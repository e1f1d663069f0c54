import { accessReviewDue } from "./access-review-due.ts";
import { anyToAny } from "./any-to-any.ts";
import { assertionFails } from "./assertion-fails.ts";
import { assetAddressTwice } from "./asset-address-twice.ts";
import type { Check } from "./check.ts";
import { cleartextService } from "./cleartext-service.ts";
import { conduitNotCrossed } from "./conduit-not-crossed.ts";
import { criticalWithoutCadence } from "./critical-without-cadence.ts";
import { deniedAndPermitted } from "./denied-and-permitted.ts";
import { dynamicPorts } from "./dynamic-ports.ts";
import { emptyConduit } from "./empty-conduit.ts";
import { evidenceUnreadable } from "./evidence-unreadable.ts";
import { expired, expiresSoon } from "./expiry.ts";
import { externalHighTarget } from "./external-high-target.ts";
import { halfAPair } from "./half-a-pair.ts";
import { ipv6Forgotten } from "./ipv6-forgotten.ts";
import { levelSkipped } from "./level-skipped.ts";
import { lockOutRisk } from "./lock-out-risk.ts";
import { neighboursCut } from "./neighbours-cut.ts";
import { noIndependentApprover } from "./no-independent-approver.ts";
import { noManagementPath } from "./no-management-path.ts";
import { permitWithoutEvidence } from "./permit-without-evidence.ts";
import { placeholderKey } from "./placeholder-key.ts";
import { redundantPermit } from "./redundant-permit.ts";
import { safetyReachable } from "./safety-reachable.ts";
import { serviceAny } from "./service-any.ts";
import { shadowedPermit } from "./shadowed-permit.ts";
import { sharedAccount } from "./shared-account.ts";
import { targetWithoutConsequence } from "./target-without-consequence.ts";
import { temporaryWithoutExpiry } from "./temporary-without-expiry.ts";
import { unpatchedAsset } from "./unpatched-asset.ts";
import { unusedDefinition } from "./unused-definition.ts";
import { unusedFirewall } from "./unused-firewall.ts";
import { widePortRange } from "./wide-port-range.ts";
import { widerThanEvidence } from "./wider-than-evidence.ts";
import { windowTooShort } from "./window-too-short.ts";
import { wirelessToControl } from "./wireless-to-control.ts";
import { zoneWithoutConduit } from "./zone-without-conduit.ts";

/** Every check, in the order in which a colleague would go through a site file. */
export const checks: readonly Check[] = [
  levelSkipped,
  safetyReachable,
  wirelessToControl,
  temporaryWithoutExpiry,
  externalHighTarget,
  targetWithoutConsequence,
  ipv6Forgotten,
  zoneWithoutConduit,
  assetAddressTwice,
  unpatchedAsset,
  emptyConduit,
  conduitNotCrossed,
  halfAPair,
  neighboursCut,
  anyToAny,
  serviceAny,
  widePortRange,
  dynamicPorts,
  cleartextService,
  shadowedPermit,
  redundantPermit,
  deniedAndPermitted,
  evidenceUnreadable,
  permitWithoutEvidence,
  widerThanEvidence,
  criticalWithoutCadence,
  expired,
  expiresSoon,
  assertionFails,
  unusedDefinition,
  unusedFirewall,
  noManagementPath,
  lockOutRisk,
  sharedAccount,
  placeholderKey,
  noIndependentApprover,
  accessReviewDue,
  windowTooShort,
];
