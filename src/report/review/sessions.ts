import type { Plan } from "../../plan/plan.ts";
import { absent, type Block, type Column, paragraph, type Section } from "../document.ts";
import { count, duration, grouped } from "../words.ts";
import type { Reviewed } from "./reviewed.ts";

type Sessions = NonNullable<Plan["sessions"]>;

/** What becomes of the sessions that were open on the firewall when the plan was made. */
export function sessions({ plan }: Reviewed): Section {
  return {
    id: "sessions",
    title: "Sessions that are open now",
    clauses: ["IEC 62443-3-3 SR 7.6"],
    blocks: [
      ...(plan.sessions
        ? blocks(plan.sessions)
        : [
            absent(
              "Live sessions at the time of planning are not recorded by this plan. Every packet is judged anew, so a running session that no permit admits is cut as soon as the trial of enforcement starts.",
            ),
          ]),
      ...(plan.pair && plan.to === "enforce"
        ? [paragraph(`At a failover, ${atFailover(plan.sessions?.mode)}`)]
        : []),
    ],
  };
}

/** What becomes of open sessions when the other member of a pair takes over; test/kernel/failover.test.ts shows it. */
export const atFailover = (mode: Sessions["mode"] | undefined): string =>
  "sessions that the two members share (conntrackd) go on as they are. Where they share none, a permitted session goes on " +
  "when its client sends something next, and one in which only the server talks is dropped until then" +
  (mode === "drain" ? "; what may drain ends there and then." : ".");

function blocks({ mode, drain, listing }: Sessions): readonly Block[] {
  const fate = {
    rematch:
      "Every packet is judged anew: they end with the first packet of the trial, and come back if it ends.",
    drain: `They may go on until they end by themselves, for ${duration(drain ?? 0)} at the most.`,
    cut: "They are ended by name, and no way back brings them back: their clients must connect again.",
  }[mode];
  if (listing.kind === "not-listed") {
    return [
      absent(
        `Which sessions are open is not known: ${listing.reason}. What becomes of those that no permit admits: ${fate}`,
      ),
    ];
  }
  const { ended, known, unread } = listing;
  const total = endedSessions(listing);
  if (known === 0 && unread === 0) return [absent(noneListed)];
  return [
    {
      kind: "paragraph",
      role: "lead",
      text:
        total === 0
          ? `Open on the firewall: ${count(known, "session")}. None of them is touched.`
          : `Open on the firewall: ${count(known, "session")}, of which ${grouped(total)} will end. ${fate}`,
    },
    ...(ended.length === 0
      ? []
      : [
          {
            kind: "table" as const,
            caption: `Open sessions that end, by flow (${grouped(ended.length)})`,
            columns,
            rows: ended.map(({ text, sessions, age, idle, packets, backwards }) => [
              backwards ? `${text} (${heldBackwards})` : text,
              grouped(sessions),
              age === undefined ? "not kept" : duration(age),
              idle === undefined ? "not kept" : duration(idle),
              packets === undefined ? "not kept" : grouped(packets),
            ]),
          },
        ]),
    ...(unread === 0
      ? []
      : [
          absent(
            `${count(unread, "entry", "entries")} of the firewall's table could not be read: what becomes of them is not known.`,
          ),
        ]),
    paragraph("This is how it was when the plan was made; sessions that open later are judged like these."),
  ];
}

/** What a reader is told of a session that ends although it is permitted. */
export const heldBackwards =
  "permitted, but the firewall picked it up from an answer: apply is refused until that entry is ended";

/** A Linux host tracks connections in a network namespace only once a rule there asks for their state. */
export const noneListed =
  "The firewall lists no open session. One whose rules ask for no connection state keeps no list, so this does not say that none is open: what the observed flows above lose, their sessions lose.";

/** How many sessions a step ends. */
export const endedSessions = (listing: Extract<Sessions["listing"], { kind: "listed" }>): number =>
  listing.ended.reduce((sum, { sessions }) => sum + sessions, 0);

const columns: readonly Column[] = [
  { heading: "Flow", kind: "text" },
  { heading: "Sessions", kind: "number" },
  { heading: "Age of the oldest", kind: "number" },
  { heading: "Silent for", kind: "number" },
  { heading: "Packets", kind: "number" },
];
