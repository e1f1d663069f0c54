import { formatDuration } from "../../policy/duration.ts";

/** What no figure of a coverage can say, in the words of every output that shows one. */

export const assumedCycle =
  "The site file names no production cycles (cycles), so days were counted, as an assumption: what repeats itself more " +
  "slowly than that (batch, week, campaign) is not judged by it.";

/** @param observed in seconds. */
export const blindTo = (observed: number): string =>
  `Cycles are taken to be alike. What comes by the calendar more rarely than the ${formatDuration(observed - (observed % 3600))} that were observed ` +
  "(the end of a month, maintenance, an alarm that was never raised) shows in no figure: whoever knows the plant must name it.";
