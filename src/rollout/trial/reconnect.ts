import { flowKey } from "../../baseline/aggregate.ts";
import { askedBy } from "../../baseline/asked.ts";
import { requestIndex } from "../../net/request-index.ts";
import type { CountersReading, Driver, LiveSession } from "../../target.ts";
import type { Change } from "../change.ts";
import { flowsHeard, type Heard } from "../criteria/heartbeat-lost.ts";

/** Where the session that arms a trial leaves word of what was open then, for the one that confirms. */
export const sessionsBeforeName = "sessions-before.json";

interface Before {
  readonly plan: string;
  readonly sessions: readonly {
    readonly permit: string;
    readonly flow: string;
    readonly protocol: number;
    readonly key: string;
  }[];
}

/** Notes the sessions of permits that must reconnect, as they are before the trial is armed. */
export async function noteSessions(change: Change, driver: Driver): Promise<void> {
  if (change.plan.watch.reconnects.length === 0) return;
  const listed = await driver.sessions();
  if (listed.kind === "not-listed") return;
  const note: Before = {
    plan: change.plan.id,
    sessions: reconnecting(change, listed.sessions).map(({ permit, session }) => ({
      permit,
      flow: flowKey(session),
      protocol: session.protocol,
      key: session.key,
    })),
  };
  await driver.writeFile(sessionsBeforeName, JSON.stringify(note));
}

/**
 * What was not made anew since the trial was armed: each flow of such a permit that was open then needs an answered
 * session that was not, and a permit of which none was open needs one at all. A session that the firewall lost and picked
 * up again has the ends that it had, and is not a new one. Where a protocol makes no connection, nothing tells a new
 * session from the old one whose client keeps its port, and every request is judged as the first one would be: a request
 * and an answer that the rules on trial counted of this very flow are as good as one made anew.
 */
export async function notReconnected(
  change: Change,
  driver: Driver,
  counters: Pick<CountersReading, "admitted">,
): Promise<readonly string[]> {
  const { plan } = change;
  if (plan.watch.reconnects.length === 0) return [];
  const text = await driver.readFile(sessionsBeforeName);
  const before = text === undefined ? undefined : (JSON.parse(text) as Before);
  const listed = await driver.sessions();
  if (before?.plan !== plan.id || listed.kind === "not-listed") {
    return [
      `nobody knows which of the sessions of ${plan.watch.reconnects.join(", ")} are new, and they must reconnect before ` +
        `a confirm${listed.kind === "not-listed" ? `: ${listed.reason}` : ""}`,
    ];
  }
  const old = new Set(before.sessions.map(({ key }) => key));
  const made = reconnecting(change, listed.sessions).filter(
    ({ session }) => session.answered && !old.has(session.key),
  );
  const heard = flowsHeard(counters);
  const exchanged = new Set(
    before.sessions
      .filter(({ protocol, flow }) => !connected.has(protocol) && hasBoth(heard.get(flow)))
      .map(({ flow }) => flow),
  );
  return plan.watch.reconnects.flatMap((permit) => {
    const flows = new Set(before.sessions.filter((one) => one.permit === permit).map(({ flow }) => flow));
    const anew = made.filter((one) => one.permit === permit);
    const missing = [...flows].filter(
      (flow) => !exchanged.has(flow) && !anew.some(({ session }) => flowKey(session) === flow),
    );
    if (flows.size === 0 && anew.length === 0)
      return [`${permit} must reconnect, and no session of it was made`];
    return missing.map(
      (flow) =>
        `${permit} must reconnect, and the session ${flow.trim()} was not made anew since the trial began`,
    );
  });
}

/** TCP, DCCP and SCTP open a connection before they say anything (RFC 9293, RFC 4340, RFC 9260). */
const connected: ReadonlySet<number> = new Set([6, 33, 132]);

const hasBoth = (heard: Heard | undefined): boolean =>
  heard !== undefined && heard.requests > 0 && heard.replies > 0;

/** The sessions of permits that must reconnect, each with its permit. */
function reconnecting(
  { plan, watch }: Change,
  sessions: readonly LiveSession[],
): readonly { readonly permit: string; readonly session: LiveSession }[] {
  const permitOf = requestIndex(
    watch.decisions.permits.filter(({ label }) => plan.watch.reconnects.includes(label ?? "")),
  );
  return sessions.flatMap((session) => {
    const permit = permitOf(askedBy(session))[0]?.label;
    return permit === undefined ? [] : [{ permit, session }];
  });
}
