/** Types of objects (ANSI/ASHRAE 135, clause 21, BACnetObjectType). */
const types = [
  "analog-input",
  "analog-output",
  "analog-value",
  "binary-input",
  "binary-output",
  "binary-value",
  "calendar",
  "command",
  "device",
  "event-enrollment",
  "file",
  "group",
  "loop",
  "multi-state-input",
  "multi-state-output",
  "notification-class",
  "program",
  "schedule",
  "averaging",
  "multi-state-value",
  "trend-log",
  "life-safety-point",
  "life-safety-zone",
  "accumulator",
  "pulse-converter",
  "event-log",
  "global-group",
  "trend-log-multiple",
  "load-control",
  "structured-view",
  "access-door",
  "timer",
  "access-credential",
  "access-point",
  "access-rights",
  "access-user",
  "access-zone",
  "credential-data-input",
  "network-security",
  "bitstring-value",
  "characterstring-value",
  "datepattern-value",
  "date-value",
  "datetimepattern-value",
  "datetime-value",
  "integer-value",
  "large-analog-value",
  "octetstring-value",
  "positive-integer-value",
  "timepattern-value",
  "time-value",
  "notification-forwarder",
  "alert-enrollment",
  "channel",
  "lighting-output",
  "binary-lighting-output",
  "network-port",
  "elevator-group",
  "escalator",
  "lift",
] as const;

export const deviceObject: number = types.indexOf("device");

/** An object identifier: ten bits of type, twenty-two of instance. */
export const typeOf = (object: Buffer): number => object.readUInt32BE(0) >>> 22;
export const instanceOf = (object: Buffer): number => object.readUInt32BE(0) & 0x3fffff;

/** `analog-input 3`; types that a vendor made up have their number. */
export const objectText = (object: Buffer): string =>
  `${types[typeOf(object)] ?? `type-${typeOf(object)}`} ${instanceOf(object)}`;

/** Of an instance that stands for "whichever you are", in a request: no object has it. */
export const isObject = (object: Buffer): boolean => object.length === 4 && instanceOf(object) !== 0x3fffff;
