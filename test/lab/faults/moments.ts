/** Where a change stands when something goes wrong. */
export interface Moment {
  /** As in docs/rollout-states.md, with what is under way. */
  readonly state: string;
  /** What `sluice apply` tells when the moment has come. */
  readonly told?: string;
  /** A command of the firewall is held up then: the platform's breakpoint of the moment's name. */
  readonly held?: true;
  /** What is held up goes on only after the lease has ended. */
  readonly late?: true;
  /** The change confirms itself when its soak is over. */
  readonly confirms?: true;
  /** What is done once the change has told so, to get there. */
  readonly first?: "interrupt" | "say nothing";
  /** What it tells then. */
  readonly tellsThen?: string;
  /** The disk is full, so that apply has ended when the moment has come. */
  readonly ended?: true;
}

const inSoak = "soak: all criteria hold";

export const moments = {
  preflight: { state: "preflight", held: true },
  drill: { state: "preflight, in the drill", held: true },
  loading: { state: "guarded, before loading", held: true },
  arming: { state: "guarded, before arming", held: true },
  armed: { state: "guarded, armed and not told", held: true },
  soak: { state: "soak", told: inSoak },
  holding: { state: "held", told: inSoak, first: "say nothing", tellsThen: "held: the soak stands still" },
  soaked: { state: "soaked", told: "soaked: ready" },
  confirming: { state: "confirming, and the firewall is slow", late: true, confirms: true, held: true },
  confirmed: { state: "confirming, done and not told", confirms: true, held: true },
  persisting: { state: "confirmed, before the boot file is in place", confirms: true, held: true },
  reverting: { state: "reverting, before the trial is ended", told: inSoak, first: "interrupt", held: true },
  unpersisted: { state: "confirmed, not persisted", confirms: true, held: true, ended: true },
} as const satisfies Readonly<Record<string, Moment>>;

export type MomentName = keyof typeof moments;
export const momentNames = Object.keys(moments) as readonly MomentName[];
