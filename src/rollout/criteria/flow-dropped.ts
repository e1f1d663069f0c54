import type { Flow } from "../../baseline/flow.ts";
import { isClientPort } from "../../net/client-port.ts";
import { formatProtocol } from "../../net/protocol.ts";
import type { RecordedFlow } from "../../target.ts";
import type { Reading, Sample, Watch } from "./reading.ts";

/** Fails when the conduit's record holds a flow that was observed before and that nobody decided against. */
export function flowDropped(watch: Watch, sample: Sample): Reading {
  const { recorded, recordFull } = sample.counters;
  const lost = watch.expected.find((flow) => recorded.some((one) => isOf(flow, one)));
  if (lost) return { result: "fail", reason: `a flow of the baseline is not let through: ${describe(lost)}` };
  if (recordFull)
    return { result: "no-data", reason: "the record is full, so a dropped flow may be missing from it" };
  return { result: "pass", reason: "no flow of the baseline is in the record" };
}

const isOf = (flow: Flow, one: RecordedFlow): boolean =>
  flow.family === one.family &&
  flow.protocol === one.protocol &&
  (isRequest(flow, one) || isReply(flow, one));

const isRequest = (flow: Flow, one: RecordedFlow): boolean =>
  flow.initiator === one.source &&
  flow.responder === one.destination &&
  flow.port === one.port &&
  flow.icmpType === one.icmpType;

/** A session that the firewall forgot (a reboot) and picked up from its reply side: towards a client's port. */
const isReply = (flow: Flow, one: RecordedFlow): boolean =>
  flow.initiator === one.destination &&
  flow.responder === one.source &&
  flow.port !== undefined &&
  isClientPort(one.port);

const describe = (flow: Flow): string => {
  const detail = flow.port ?? (flow.icmpType === undefined ? "" : `type ${flow.icmpType}`);
  return `${formatProtocol(flow.protocol)} ${flow.initiator} -> ${flow.responder} ${detail}`.trimEnd();
};
