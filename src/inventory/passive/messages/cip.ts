import type { Announcement } from "../announcement.ts";
import { cipIdentity, identityOf } from "./cip-identity.ts";
import type { Message } from "./message.ts";

/** Services (CIP Networks Library volume 1, appendix A), those of the connection manager and of PCCC among them. */
const services = {
  allAttributes: 0x01,
  attributeList: 0x03,
  reset: 0x05,
  several: 0x0a,
  oneAttribute: 0x0e,
  executePccc: 0x4b,
  unconnectedSend: 0x52,
} as const;
const classes = { identity: 0x01, connectionManager: 0x06, file: 0x37, pccc: 0x67 } as const;
const readClasses: ReadonlySet<number> = new Set([classes.identity, classes.file, classes.pccc]);
/** Services of the file object by which a device is loaded or read out: initiate, transfer, clear. */
const fileServices: ReadonlySet<number> = new Set([0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51]);
/** Functions of PCCC's command 0F by which a controller is loaded, read out or stopped (Rockwell 1770-6.5.16, chapter 7). */
const pcccCommand = 0x0f;
const pcccFunctions: ReadonlySet<number> = new Set([0x11, 0x12, 0x3a, 0x50, 0x52, 0x53, 0x55, 0x57, 0x80]);

/** A message of CIP, the number by which its answer is told, and whether it went over a connection. */
export interface CipMessage {
  readonly data: Buffer;
  readonly number: string;
  readonly isConnected: boolean;
}
interface Path {
  readonly class?: number;
  readonly attribute?: number;
}
/** A question whose answer says who a device is. */
interface Question {
  readonly service: number;
  readonly attributes: readonly number[];
  readonly part: string | undefined;
}

/** So many questions may wait for their answer. */
const mostOpen = 1024;

/**
 * Reads what CIP messages say: who a device is, when somebody asks its identity object, and who loads programs. An
 * answer does not repeat the question, so that questions are kept until it comes.
 */
export function cipMessages(): (message: Message, cip: CipMessage) => readonly Announcement[] {
  const open = new Map<string, readonly Question[]>();
  return ({ from, to }, { data, number, isConnected }) => {
    if (data.length < 2) return [];
    const key = (client: Message["from"], server: Message["from"]): string =>
      `${client.address} ${client.port} ${server.address} ${number}`;
    if (data[0]! & 0x80) {
      if (open.size === 0) return [];
      const asked = open.get(key(to, from));
      if (asked === undefined) return [];
      open.delete(key(to, from));
      return asked.length === 1
        ? answer(from.address, asked[0]!, data)
        : several(data.subarray(4 + 2 * (data[3] ?? 0))).flatMap((one, index) =>
            asked[index] === undefined ? [] : answer(from.address, asked[index], one),
          );
    }
    const requests = requestsOf(data, isConnected ? "module behind a connection" : undefined);
    if (requests.every(({ path }) => !readClasses.has(path.class ?? 0))) return [];
    const questions = requests.map(questionOf);
    if (questions.some((one) => one.attributes.length > 0)) {
      if (open.size >= mostOpen) open.delete(open.keys().next().value!);
      open.set(key(from, to), questions);
    }
    const programs = requests.map(programming).find((reason) => reason !== undefined);
    return programs === undefined
      ? []
      : [
          {
            about: { kind: "address", address: from.address },
            by: "CIP request",
            facts: {},
            role: { role: "engineering-station", basis: "asks", reason: programs },
          },
        ];
  };
}

interface Request {
  readonly service: number;
  readonly path: Path;
  readonly data: Buffer;
  readonly part: string | undefined;
}

/** A request, and those that it carries: sent on to a slot, or several in one. */
function requestsOf(bytes: Buffer, part: string | undefined, depth = 0): readonly Request[] {
  const words = bytes[1];
  if (words === undefined || bytes.length < 2 + 2 * words || depth > 2) return [];
  const path = pathOf(bytes.subarray(2, 2 + 2 * words));
  const data = bytes.subarray(2 + 2 * words);
  const service = bytes[0]!;
  if (service === services.unconnectedSend && path.class === classes.connectionManager) {
    // Time (two bytes), length, message, a pad where the length is odd, length of the route, 0, route.
    const length = data.length < 4 ? 0 : data.readUInt16LE(2);
    const route = data.subarray(4 + length + (length % 2));
    const slot = route[0] === 1 && route[2] === 1 ? `slot ${route[3]}` : undefined;
    return requestsOf(data.subarray(4, 4 + length), slot ?? part, depth + 1);
  }
  if (service === services.several)
    return several(data).flatMap((one) => requestsOf(one, part, depth + 1).slice(0, 1));
  return [{ service, path, data, part }];
}

/** How many, where each starts, then the messages. */
function several(bytes: Buffer): readonly Buffer[] {
  const count = bytes.length < 2 ? 0 : bytes.readUInt16LE(0);
  if (bytes.length < 2 + 2 * count) return [];
  const starts = Array.from({ length: count }, (_, index) => bytes.readUInt16LE(2 + 2 * index));
  return starts.map((start, index) => bytes.subarray(start, starts[index + 1] ?? bytes.length));
}

/** Logical segments of one byte or, behind a pad, two: class, instance, attribute. */
function pathOf(bytes: Buffer): Path {
  const found: { class?: number; attribute?: number } = {};
  for (let at = 0; at + 2 <= bytes.length; ) {
    const segment = bytes[at]!;
    const wide = (segment & 3) === 1;
    if (segment >> 5 !== 1 || (segment & 3) > 1 || (wide && at + 4 > bytes.length)) break;
    const value = wide ? bytes.readUInt16LE(at + 2) : bytes[at + 1]!;
    const kind = (segment >> 2) & 7;
    if (kind === 0) found.class = value;
    if (kind === 4) found.attribute = value;
    at += wide ? 4 : 2;
  }
  return found;
}

function questionOf({ service, path, data, part }: Request): Question {
  const attributes = (): readonly number[] => {
    if (path.class !== classes.identity) return [];
    if (service === services.allAttributes) return [0];
    if (service === services.oneAttribute) return path.attribute === undefined ? [] : [path.attribute];
    if (service !== services.attributeList || data.length < 2) return [];
    const count = Math.min(data.readUInt16LE(0), Math.floor((data.length - 2) / 2));
    return Array.from({ length: count }, (_, index) => data.readUInt16LE(2 + 2 * index));
  };
  return { service, attributes: attributes(), part };
}

/** Service with its high bit, reserved, status, words of more status; then what was asked for. */
function answer(
  address: string,
  { service, attributes, part }: Question,
  bytes: Buffer,
): readonly Announcement[] {
  if (bytes[0] !== (service | 0x80) || bytes[2] !== 0 || attributes.length === 0) return [];
  const data = bytes.subarray(4 + 2 * (bytes[3] ?? 0));
  const said =
    service === services.allAttributes
      ? cipIdentity(data)
      : identityOf(
          service === services.oneAttribute ? new Map([[attributes[0]!, data]]) : attributeList(data),
        );
  return said === undefined
    ? []
    : [
        {
          about: { kind: "address", address },
          by: "CIP identity object",
          ...(part === undefined ? {} : { part }),
          ...said,
        },
      ];
}

/** Lengths of the attributes of the identity object, where they are fixed. */
const lengths: ReadonlyMap<number, number> = new Map([
  [1, 2],
  [2, 2],
  [3, 2],
  [4, 2],
  [5, 2],
  [6, 4],
]);

/** How many; then number, status and value of each, up to the first of unknown length. */
function attributeList(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  const count = bytes.length < 2 ? 0 : bytes.readUInt16LE(0);
  for (let at = 2, index = 0; index < count && at + 4 <= bytes.length; index++) {
    const [number, status] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    at += 4;
    if (status !== 0) continue;
    const length = number === 7 ? 1 + (bytes[at] ?? 0) : lengths.get(number);
    if (length === undefined || at + length > bytes.length) break;
    found.set(number, bytes.subarray(at, at + length));
    at += length;
  }
  return found;
}

/** Why somebody is taken for one who programs controllers. */
function programming({ service, path, data }: Request): string | undefined {
  if (path.class === classes.file && fileServices.has(service)) return "loads or reads out files over CIP";
  if (path.class === classes.identity && service === services.reset) return "resets devices over CIP";
  if (path.class !== classes.pccc || service !== services.executePccc) return undefined;
  // Who asks (its length counts itself), command, status, number of two bytes, function.
  const at = data[0] ?? 0;
  return data[at] === pcccCommand && pcccFunctions.has(data[at + 4] ?? 0)
    ? "loads, reads out or stops a program over PCCC"
    : undefined;
}
