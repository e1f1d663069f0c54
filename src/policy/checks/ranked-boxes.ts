import { createAxis, createRangeAxis } from "../../net/axis.ts";
import type { RankBox } from "../../net/meetings.ts";
import { icmpProtocol } from "../../net/protocol.ts";
import type { Service } from "../../net/service.ts";
import type { FlowBox } from "./boxes.ts";

/** Axes of a ranked box, the one that parts permits best first: responder, initiator, service. */
export const rankAxes = 3;

const payloads = 65_536;

/** Boxes of one IP version over ranks, for `earlierMeetings` and `remainder`; each keeps its place in the list. */
export function rankBoxes(boxes: readonly FlowBox[]): readonly RankBox[] {
  const services = boxes.map(({ service }) => tagged(service));
  const to = createRangeAxis(boxes.map((box) => box.to)).ranks;
  const from = createRangeAxis(boxes.map((box) => box.from)).ranks;
  const service = createAxis(services.flat());
  return services.map(([first, end], index) => ({
    from: [to[2 * index]!, from[2 * index]!, service.rank(first)],
    to: [to[2 * index + 1]!, from[2 * index + 1]!, service.rank(end)],
  }));
}

/** A service as one half-open range: protocol times 65,536, plus the port, or the ICMP type times 256. */
function tagged(service: Service): readonly [number, number] {
  switch (service.kind) {
    case "any":
      return [0, 256 * payloads];
    case "protocol":
      return [service.protocol * payloads, (service.protocol + 1) * payloads];
    case "ports":
      return [service.protocol * payloads + service.from, service.protocol * payloads + service.to + 1];
    case "icmp": {
      const first = icmpProtocol(service.family) * payloads + 256 * service.type;
      return [first, first + 256];
    }
  }
}
