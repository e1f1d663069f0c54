import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Accounting } from "../flow.ts";
import { isObject, type JsonObject } from "./json.ts";
import { countOf } from "./record.ts";
import type { Tally } from "./source.ts";

/** Name of the log in which Zeek says how many segments of TCP were acknowledged and how many of these it never saw. */
export const zeekLossLog = "capture_loss";
export const zeekLossFields = ["gaps", "acks"] as const;

export const isZeekLoss = (object: JsonObject): boolean =>
  object._path === zeekLossLog ||
  (zeekLossFields.every((field) => field in object) && "percent_lost" in object);

/** Notes a record of Zeek's capture_loss.log (policy/misc/capture-loss). */
export const noteZeekLoss = ([gaps, acks]: readonly unknown[], tally: Tally): void =>
  tally.tell(countOf(gaps), countOf(acks));

/** Notes the `stats` events of Suricata: packets and drops since it was started, so that a fall is a new start. */
export function suricataLosses(tally: Tally): (event: JsonObject) => void {
  let before = { packets: 0, drops: 0 };
  return ({ stats }) => {
    const capture = isObject(stats) && isObject(stats.capture) ? stats.capture : {};
    if (!("kernel_packets" in capture)) return;
    const now = { packets: countOf(capture.kernel_packets), drops: countOf(capture.kernel_drops) };
    if (now.packets < before.packets || now.drops < before.drops) before = { packets: 0, drops: 0 };
    tally.tell(now.drops - before.drops, now.packets - before.packets);
    before = now;
  };
}

/** What an engineer should know of a recorder that lost something. */
export function toldLosses({ losses }: Accounting): readonly Diagnostic[] {
  if (losses === undefined) return [];
  const { lost, of } = losses;
  return [
    {
      code: "baseline/lost-packets",
      severity: "warning",
      message: `the recorder lost ${lost} of ${of} packets, its own statistics say: flows may be missing, and counts are too low`,
      fix: "give the sensor more processors or a narrower filter, look at the mirror port's load, and record again",
    },
  ];
}
