import { durationSeconds } from "../../policy/duration.ts";
import { identityFlag } from "../rollout/actor.ts";
import { siteFlag } from "../site-file.ts";

/** What `sluice observe --from` reads, how often and for how long, in seconds; without these, once. */
export interface CollectingFlags {
  readonly from?: string;
  readonly every?: number;
  readonly for?: number;
  readonly site?: string;
  readonly identity?: string;
}

export const collectingFlags = {
  from: {
    kind: "parsed",
    parse: String,
    optional: true,
    placeholder: "FIREWALL",
    brief: "Read the counters, the record and the open sessions of this firewall of the site file",
  },
  every: {
    kind: "parsed",
    parse: someSeconds,
    optional: true,
    placeholder: "DURATION",
    brief: "With --from: read again and again, as in 60s (default with --for)",
  },
  for: {
    kind: "parsed",
    parse: someSeconds,
    optional: true,
    placeholder: "DURATION",
    brief: "With --from: for so long, as in 8h (default with --every: until Ctrl-C)",
  },
  site: siteFlag,
  identity: identityFlag,
} as const;

function someSeconds(text: string): number {
  if (!/^(\d+[dhms])+$/.test(text) || durationSeconds(text) === 0)
    throw new SyntaxError(`"${text}" is not a duration: write one such as 30s, 15m or 8h`);
  return durationSeconds(text);
}
