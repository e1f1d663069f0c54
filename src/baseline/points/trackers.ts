import type { Conversation } from "../conversation.ts";
import { keyTable } from "../key-table.ts";
import type { LinkSightings } from "../links/sightings.ts";
import type { FrameSink } from "../sources/frame.ts";
import type { Tally } from "../sources/source.ts";
import { type Tracker, tracker } from "../sources/tracker.ts";

/**
 * Collects the packets of captures into conversations. A capture that begins where another one ended goes on with what was
 * open there; one that was taken at the same time is another observation point, and has conversations of its own.
 */
export interface Trackers {
  /** Takes the packets of one capture. @param source its number. */
  capture(source: number, tally: Tally): FrameSink;
  /** No more captures follow: hands on what is still running. */
  end(): void;
}

interface Point {
  readonly tracker: Tracker;
  /** Of the capture that is read. */
  source: number;
  /** The latest time of all its packets. */
  last: number;
}

/** Packets stand so many seconds out of order in a capture, and so do two that follow each other. */
const disorder = 1;

/** @param done takes each conversation once, with the number of the source in which it ended and its observation point. */
export function trackers(
  done: (talk: Conversation, source: number, point: string) => void,
  links: LinkSightings,
): Trackers {
  const addresses = keyTable();
  const points: Point[] = [];
  const open = (source: number): Point => {
    const name = `captures ${points.length}`;
    const point: Point = {
      tracker: tracker((talk) => done(talk, point.source, name), links, addresses),
      source,
      last: Number.NaN,
    };
    points.push(point);
    return point;
  };
  /** The point that ended last before a time, or at one that no packet told. */
  const before = (time: number): Point | undefined =>
    points
      .filter(({ last }) => !(last > time + disorder))
      .toSorted((x, y) => (x.last || 0) - (y.last || 0))
      .at(-1);
  return {
    capture(source, tally) {
      let point: Point | undefined;
      return (frame) => {
        if (point === undefined) {
          point = before(frame.time) ?? open(source);
          point.source = source;
        }
        point.tracker.add(frame, tally);
        if (!(frame.time <= point.last) && !Number.isNaN(frame.time)) point.last = frame.time;
      };
    },
    end() {
      for (const { tracker: one } of points) one.end();
    },
  };
}
