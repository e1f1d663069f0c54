import type { Request } from "../compile/conduit-program.ts";
import type { Box, ConduitRules } from "../compile/ir.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import type { Plan } from "../plan/plan.ts";
import type { Driver, TrialOrder } from "../target.ts";
import { acceptedRequest } from "./acceptances.ts";
import type { Watch } from "./criteria/reading.ts";
import type { Surroundings } from "./criteria/sample.ts";
import { holderOf } from "./holder.ts";

/** A connection to a firewall, with what drives it. */
export interface Connection {
  readonly driver: Driver;
  /** All steps of the driver from now on must be over within so many seconds, or reject as those whose wire broke. */
  allow(seconds: number): void;
  /** Resolves within seconds, whether or not the far side answers. */
  close(): Promise<void>;
}

/** What was to be written down could not be: nothing may be done that nobody will know of. */
export class RecordError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RecordError";
  }
}

/** The world outside, as a rollout sees it. */
export interface Outside extends Surroundings {
  /** Wall clock, for windows and records. */
  time(): Date;
  /** Waits; ends early when somebody asks to abort. */
  sleep(seconds: number): Promise<void>;
  /** Why somebody wants this to end, as soon as somebody does. */
  abortReason(): string | undefined;
  /** Whether to end what somebody else does on the firewall; `lock` says who, since when and until when. */
  mayTakeOver(lock: string): Promise<boolean>;
  /** A fresh connection to the plan's firewall. @throws {SessionError} */
  connect(): Promise<Connection>;
  /** Writes an entry of the journal, which is on disk when this resolves. @throws {RecordError} */
  record(action: string, details: Readonly<Record<string, unknown>>): Promise<void>;
  /** The exercise steps that somebody says to have done. */
  exercised(): ReadonlySet<string>;
  /** Says something to the engineer, who may act on it. */
  tell(line: string): void;
}

/** A plan with what is derived from it. */
export interface Change {
  readonly plan: Plan;
  readonly rules: ConduitRules;
  readonly order: TrialOrder;
  readonly watch: Watch;
}

/** Makes a change of a plan, for one session of the person who applies it: two sessions never share a lock. */
export function changeOf(plan: Plan, actor: string, session: string, time: Date): Change {
  const rules = plan.boot.rules.conduits.find((one) => one.conduit === plan.conduit);
  if (!rules) throw new Error(`the plan ${plan.id} has no rules for its own conduit`);
  const holder = holderOf(actor, session, time, plan.id);
  const decisions = {
    permits: rules.permits.flatMap(({ permit, origin, boxes }) => requestsIn(permit, origin, boxes)),
    denials: plan.denials.flatMap(({ id, origin, boxes }) => requestsIn(id, origin, boxes)),
    accepted: plan.acceptances.flatMap((one) => acceptedRequest(one, plan.author)),
  };
  return {
    plan,
    rules,
    order: { plan: plan.id, holder, rules, leaseSeconds: plan.trial.lease },
    watch: { ...plan.watch, decisions },
  };
}

const requestsIn = (label: string, span: Span, boxes: readonly Box[]): readonly Request[] =>
  boxes.map((box) => ({ ...box, span, label }));

/** Marks on the host that a plan was used; a plan is used once. */
export const usedName = (plan: string): string => `used/${plan}`;

/** Where the session that renews the lease leaves word of how far the trial is, for the one that confirms. */
export const trialNoteName = "trial.json";
export const trialNote = (plan: string, phase: string): string => JSON.stringify({ plan, phase });
