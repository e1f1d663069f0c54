import { z } from "zod";
import { sessionModes } from "../compile/backend.ts";
import { criterionTypeNames } from "../policy/criterion-types.ts";
import { reviewFactsSchema } from "./review-facts.ts";
import { denialSchema, firewallRulesSchema } from "./rules-document.ts";

const id = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const stage = z.enum(["monitor", "enforce"]);
const role = z.enum(["operator", "engineer", "approver", "auditor"]);
const seconds = z.number().min(0);
const flow = z.strictObject({
  family: z.union([z.literal(4), z.literal(6)]),
  initiator: z.string(),
  responder: z.string(),
  protocol: z.int(),
  port: z.int().optional(),
  icmpType: z.int().optional(),
});
const limit = z.int().min(0);
/** A dead man in a drill: when it was to fire and when it did, in seconds. */
export const firingSchema = z.strictObject({
  by: z.enum(["kernel", "init", "process"]),
  due: seconds,
  seconds,
});

/** What a plan says. It is never changed: its id is the hash of all of it (plan-file.ts). */
export const planSchema = z.strictObject({
  schema: z.literal("sluice/plan"),
  version: z.literal(1),
  id: hash,
  author: id,
  created: z.iso.datetime(),
  site: z.strictObject({ name: z.string(), file: z.string(), sha256: hash, text: z.string() }),
  conduit: id,
  firewall: z.strictObject({
    id,
    target: z.string(),
    address: z.string(),
    ssh: z.strictObject({
      user: z.string(),
      port: z.int(),
      hostKeys: z.array(z.string()),
      privilege: z.enum(["login", "sudo"]),
      /** Hosts to go through, in this order. */
      through: z
        .array(
          z.strictObject({
            host: z.string(),
            user: z.string(),
            port: z.int(),
            hostKeys: z.array(z.string()),
          }),
        )
        .optional(),
    }),
    bootFile: z.string(),
    bootEntry: z.string(),
    transparent: z.literal(true).optional(),
    paired: z.literal(true).optional(),
  }),
  /** The other member of a high-availability pair, which is changed together with this one unless it has all of it already. */
  pair: z
    .strictObject({
      peer: id,
      role: z.enum(["primary", "standby"]),
      alone: z.literal(true).optional(),
    })
    .optional(),
  /** The plan for this firewall that is to be applied before this one, where it was made on top of another. */
  follows: hash.optional(),
  from: z.enum(["unmanaged", "monitor", "enforce"]),
  to: stage,
  /** What changes for packets, as sets of them, with a witness each way. */
  difference: z.strictObject({
    verdict: z.enum(["equal", "narrowed", "broadened", "both", "unknown"]),
    /** A packet that passed and will not, and one that will and did not. */
    lost: z.string().optional(),
    gained: z.string().optional(),
  }),
  /** What was proved of the step itself, on this firewall; absent in plans of before it was. */
  transition: z
    .array(
      z.strictObject({
        claim: z.string(),
        statement: z.string(),
        result: z.enum(["proved", "not-proved"]),
      }),
    )
    .optional(),
  /** The conduit's rules as the trial runs them. */
  compiled: z.strictObject({ text: z.string(), sha256: hash }),
  /** The whole of our part after the confirm, which is the boot file too. */
  boot: z.strictObject({ text: z.string(), sha256: hash, rules: firewallRulesSchema }),
  /** What the firewall itself lists with these texts loaded. */
  expected: z.strictObject({ rulesHash: hash, ownHash: hash }),
  /** What was proved about the compiled text, and what lies outside the proof. */
  certificate: z.json(),
  /** Why the policy is what it is: the baseline and the flows of it that must pass. */
  baseline: z.strictObject({ name: z.string(), sha256: hash }).optional(),
  watch: z.strictObject({
    expected: z.array(flow),
    /** Critical permits, flow by flow where the baseline knows them. */
    heartbeats: z.array(
      z.strictObject({
        permit: id,
        flow: flow.optional(),
        deadline: z.number().positive().optional(),
        /** The step after which it is heard, where nobody knows how often it speaks by itself. */
        exercise: id.optional(),
      }),
    ),
    /** Packets a minute that permits carried in the baseline, both ways. */
    rates: z.array(z.strictObject({ permit: id, perMinute: z.number().positive() })).default([]),
    /** Permits whose connections must be made anew before a confirm. */
    reconnects: z.array(id).default([]),
  }),
  /** The firewall as it was when the plan was made. Another one is not changed by it. */
  base: z.strictObject({
    own: z.string(),
    ownHash: hash,
    foreign: z.string(),
    foreignHash: hash,
    boot: z.string().nullable(),
    kernel: z.string(),
    version: z.string(),
  }),
  /** Flows that were decided against, so that what is recorded until the plan is applied can be told from a surprise. */
  denials: z.array(denialSchema).default([]),
  /** Whether the baseline has seen enough of the conduit; absent where nothing is promoted. */
  readiness: z.strictObject({ ready: z.boolean(), text: z.string() }).optional(),
  /** What its author accepts by name although it speaks against the step: who approves the plan, signs it. */
  acceptances: z
    .array(
      z.strictObject({
        subject: z.enum(["coverage", "recorded"]),
        text: z.string(),
        reason: z.string(),
        flow: flow.optional(),
      }),
    )
    .default([]),
  /** What the conduit had recorded of packets that no permit admitted, and who decided about each. */
  record: z
    .array(
      z.strictObject({
        flow,
        /** The flow under the names of the site file. */
        text: z.string(),
        packets: z.int(),
        decision: z
          .strictObject({ kind: z.enum(["permit", "denial", "answer", "accepted"]), by: id })
          .optional(),
      }),
    )
    .optional(),
  /** What becomes of sessions that are open when the trial begins; absent in plans of before it was asked. */
  sessions: z
    .strictObject({
      /**
       * `rematch`: every packet is judged anew. `drain`: those that no permit admits may go on until they end or the
       * time is over. `cut`: they are ended by name.
       */
      mode: z.enum(sessionModes),
      /** Seconds for which a drain lets them go on at the longest. */
      drain: seconds.optional(),
      listing: z.discriminatedUnion("kind", [
        z.strictObject({
          kind: z.literal("listed"),
          /** Open on the firewall when the plan was made, and entries of its table that are not understood. */
          known: z.int(),
          unread: z.int(),
          /** Those that pass now and that the step drops, by flow. */
          ended: z.array(
            z.strictObject({
              flow,
              /** The flow under the names of the site file. */
              text: z.string(),
              sessions: z.int(),
              /** Of the oldest, and since one of them spoke last; in seconds, where the firewall keeps it. */
              age: seconds.optional(),
              idle: seconds.optional(),
              packets: z.int().optional(),
              /** Permitted, but held the wrong way round by the firewall, which picked it up from an answer. */
              backwards: z.literal(true).optional(),
            }),
          ),
        }),
        z.strictObject({ kind: z.literal("not-listed"), reason: z.string() }),
      ]),
    })
    .optional(),
  window: z
    .strictObject({
      id,
      timezone: z.string(),
      days: z.array(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])),
      dates: z.array(z.string()).optional(),
      except: z.array(z.string()).optional(),
      from: z.string(),
      to: z.string(),
    })
    .optional(),
  criteria: z.array(
    z.strictObject({
      id: z.string(),
      type: z.enum(criterionTypeNames),
      interval: seconds,
      failureLimit: limit,
      consecutiveLimit: limit,
      onNoData: z.enum(["fail", "hold", "ignore"]),
      severity: z.enum(["abort", "hold", "warn"]),
      dryRun: z.literal(true).optional(),
      perMinute: limit.optional(),
      percent: z.int().optional(),
      probe: z
        .strictObject({ address: z.string(), port: z.int(), from: z.enum(["engineer", "firewall"]) })
        .optional(),
      signal: z
        .discriminatedUnion("kind", [
          z.strictObject({
            kind: z.literal("file"),
            path: z.string(),
            expect: z.string(),
            staleAfter: seconds,
          }),
          z.strictObject({ kind: z.literal("command"), argv: z.array(z.string()).min(1).readonly() }),
        ])
        .optional(),
    }),
  ),
  /** What somebody does during the trial, so that permits which are seldom used are heard. */
  exercises: z.array(z.strictObject({ id, do: z.string(), permits: z.array(id) })).default([]),
  /**
   * How each criterion would have fared while the conduit was only watched, judged from the samples that were kept;
   * absent where none were.
   */
  history: z
    .strictObject({
      samples: z.int(),
      from: z.iso.datetime(),
      to: z.iso.datetime(),
      /** Seconds between two samples, typically: what is shorter than this was not seen. */
      every: seconds,
      criteria: z.array(
        z.strictObject({
          id: z.string(),
          /** How often it would have tripped; absent where the samples do not tell. */
          trips: z.int().optional(),
          /** Of the last trip. */
          last: z.strictObject({ time: z.iso.datetime(), reason: z.string() }).optional(),
        }),
      ),
    })
    .optional(),
  trial: z.strictObject({
    lease: seconds,
    renewEvery: seconds,
    soak: seconds,
    maximum: seconds,
    reserve: seconds,
  }),
  people: z.array(z.strictObject({ id, name: z.string(), roles: z.array(role), keys: z.array(z.string()) })),
  mayApply: z.array(role),
  /** Who must sign: every rule must be met, and one person may count for several. */
  approval: z.strictObject({
    rules: z.array(
      z.strictObject({
        cause: z.enum(["monitor", "enforce", "broaden"]),
        count: z.int().min(0),
        roles: z.array(role),
      }),
    ),
    /** From then on no trial of this plan may begin. */
    expires: z.iso.datetime(),
  }),
  /** In words, for whoever must decide: what ends the trial, and what remains then. */
  undo: z.strictObject({
    deadMan: z.string(),
    abort: z.string(),
    reboot: z.string(),
    console: z.array(z.string()),
  }),
  /** Who ends the trial when nobody acts, as the last drill on this firewall saw them fire; absent in older plans. */
  deadMen: z
    .strictObject({
      drilled: z.iso.datetime(),
      firings: z.array(firingSchema),
      /** None of them is held by a kernel or an init system, and whoever made the plan accepted that. */
      weak: z.literal("accepted").optional(),
    })
    .optional(),
  commands: z.array(z.string()),
  /** What the review page shows in the plant's own names. */
  review: reviewFactsSchema.optional(),
});

export type Plan = z.output<typeof planSchema>;
/** A plan as JSON holds it, ranges as text. */
export type PlanDocument = z.input<typeof planSchema>;
export type PlanContent = Omit<PlanDocument, "id" | "schema" | "version">;
