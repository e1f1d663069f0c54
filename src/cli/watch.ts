import { setTimeout as sleep } from "node:timers/promises";
import { buildCommand, numberParser } from "@stricli/core";
import { printable, printableLine } from "../diagnostics/printable.ts";
import { count as counted } from "../report/words.ts";
import { type Change, type Connection, changeOf } from "../rollout/change.ts";
import { deadManNames } from "../rollout/drill.ts";
import { type ConduitLook, type Look, lookAt, nothingSeen } from "../rollout/trial/look.ts";
import { SessionError } from "../session.ts";
import { DriverError } from "../target.ts";
import type { Context } from "./context.ts";
import { printLine } from "./documents/document.ts";
import { watchDocument } from "./documents/standing.ts";
import { type ActingFlags, actingFlags, whoActs } from "./rollout/actor.ts";
import { firewallArgument, firewallOf, placeOf, reach } from "./rollout/firewall.ts";
import { sampleKeeper } from "./rollout/history-file.ts";
import { untilInterrupted } from "./rollout/interruption.ts";
import { archivedPlans } from "./rollout/plan-archive.ts";
import { loadPlan } from "./rollout/plan-files.ts";
import { loadSite } from "./site-file.ts";

interface Flags extends ActingFlags {
  readonly interval: number;
  readonly looks?: number;
}

/** A wire that is silent for longer than this is given up, and opened anew. */
const keepaliveMs = 2_000;
/** So is one on which a look takes longer, in seconds. */
const patience = 30;

export const watchCommand = buildCommand<Flags, [firewall: string], Context>({
  docs: {
    brief:
      "Shows a firewall live: stages, lease, dead man, what the criteria say, and what passes. Ctrl-C ends it",
    fullDescription:
      "Only reads, and has no part in a trial: it may be started and ended at any time, by anybody. The criteria are judged " +
      "here once more, from the firewall's counters. A broken connection is reported and opened again. With --json each " +
      "look is one document on a line of its own.",
  },
  parameters: {
    flags: {
      interval: {
        kind: "parsed",
        parse: positive,
        default: "2",
        placeholder: "SECONDS",
        brief: "Seconds between two looks",
      },
      looks: {
        kind: "parsed",
        parse: positive,
        optional: true,
        placeholder: "NUMBER",
        brief: "End after so many looks",
      },
      ...actingFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [firewallArgument],
    },
  },
  async func(flags, id) {
    const { site, folder } = loadSite(this, flags.site);
    const place = placeOf(firewallOf(site, id));
    const actor = whoActs(this, flags.identity, site.people);
    const changes = new Map<string, Change | undefined>();
    const changeOfPlan = (plan: string): Change | undefined => {
      const [file] = changes.has(plan) ? [] : archivedPlans(folder, plan);
      if (file !== undefined)
        changes.set(plan, changeOf(loadPlan(this, file), actor.person.id, "watch", this.now()));
      return changes.get(plan);
    };
    const keep = sampleKeeper(this, folder, id);
    const show = (seen: Look | { readonly problem: string }): void => {
      const time = this.now().toISOString();
      if (flags.json) printLine(this, watchDocument, { time, firewall: id, ...seen });
      else this.process.stdout.write(lookText(time, id, seen));
    };
    await untilInterrupted(async (signal) => {
      let memory = nothingSeen;
      let connection: Connection | undefined;
      for (let count = 0; !signal.aborted && count < (flags.looks ?? Number.POSITIVE_INFINITY); count += 1) {
        if (count > 0) await sleep(flags.interval * 1000, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) break;
        try {
          connection ??= await reach(place, actor.identity, keepaliveMs);
          connection.allow(patience);
          const seen = await lookAt(connection.driver, memory, performance.now() / 1000, changeOfPlan);
          memory = seen.memory;
          for (const { conduit, stage, trial } of seen.look.conduits) {
            const counters = memory.counters.get(conduit);
            if (stage === "monitor" && !trial && counters) keep(conduit, counters);
          }
          show(seen.look);
        } catch (error) {
          if (!(error instanceof SessionError || error instanceof DriverError)) throw error;
          show({ problem: error.message });
          await connection?.close();
          connection = undefined;
        }
      }
      await connection?.close();
    });
  },
});

function positive(text: string): number {
  const value = numberParser(text);
  if (value > 0) return value;
  throw new Error(`a number above 0 is needed, not ${text}`);
}

function lookText(time: string, firewall: string, seen: Look | { readonly problem: string }): string {
  const head = `${time.slice(11, 19)} ${firewall}`;
  if ("problem" in seen) return `${head}: NOT KNOWN. ${printableLine(seen.problem)}\n`;
  const { conduits, lock, guard } = seen;
  const lines = [
    ...(conduits.length === 0 ? [`${head}: nothing of Sluice runs`] : []),
    ...conduits.map((conduit) => `${head} ${conduitText(conduit)}`),
    ...(guard?.kind === "waits" || guard?.kind === "gone"
      ? [
          `${head}   second dead man (${deadManNames[guard.by]}): ${guard.kind === "gone" ? "IS GONE" : `fires in ${guard.secondsLeft.toFixed(0)} s`}`,
        ]
      : []),
    ...(lock ? [`${head}   locked by ${lock.holder} for ${lock.secondsLeft.toFixed(0)} s`] : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

const criteriaWords = { holds: "all criteria hold", waits: "WAITS", tripped: "TRIPPED" } as const;

const conduitText = ({
  conduit,
  stage,
  trial,
  criteria,
  packets,
  recorded,
  recordFull,
}: ConduitLook): string =>
  [
    `${conduit}: ${stage}`,
    ...(trial ? [`ON TRIAL: ${trial.stage}, lease ${trial.secondsLeft.toFixed(0)} s`] : []),
    ...(criteria
      ? [criteriaWords[criteria.verdict] + (criteria.verdict === "holds" ? "" : ` (${criteria.reason})`)]
      : []),
    ...(packets
      ? [`+${packets.requests} requests, +${packets.replies} replies, +${packets.notPermitted} not permitted`]
      : []),
    `${counted(recorded, "flow")} recorded${recordFull ? ", THE RECORD IS FULL" : ""}`,
  ].join("; ");
