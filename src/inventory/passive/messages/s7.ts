import { type AnnouncedRole, type Announcement, known, type Role } from "../announcement.ts";
import type { End, Message, StreamProtocol } from "./message.ts";
import { pieces } from "./pieces.ts";
import { remembered } from "./remembered.ts";
import { controllerRole, systemStatus } from "./s7-szl.ts";

/** RFC 1006: version 3, reserved 0, length of the whole. */
const tpkt = 4;
/** COTP (ISO 8073): data has a header of 2 bytes behind its length, F0 and the end bit; a connect request is E0. */
const cotp = 3;
const tpdu = { connect: 0xe0, data: 0xf0 } as const;
const last = 0x80;
const s7Header = 10;
const isoPort = 102;

const kinds = { job: 1, userdata: 7 } as const;
/** Jobs that change or read out a program: download, upload, PLC control, stop. */
const programming: ReadonlySet<number> = new Set([0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x28, 0x29]);
/** Userdata: a request or an answer, and its function group. Reading the system status list is 1 of group 4. */
const userdata = { request: 0x11, answer: 0x12, readList: 1 } as const;
const groups = { programmer: 0x41, blocks: 0x43, askCpu: 0x44, cpu: 0x84 } as const;
/** The same transport carries MMS (ISO 9506), inside ISO session data (ISO 8327): give tokens, data transfer. */
const sessionData = Buffer.from("01000100", "hex");
/** How S7-1200 and S7-1500 are told who connects: the called selector of the connect request. */
const selectors: ReadonlyMap<string, Role> = new Map([
  ["SIMATIC-ROOT-ES", "engineering-station"],
  ["SIMATIC-ROOT-HMI", "hmi"],
]);
const calledSelector = 0xc2;

/** S7comm over ISO transport: reading the system status list tells what the station is. */
export function s7(): StreamProtocol {
  const lists = pieces();
  const servers = remembered();
  const serves = ({ from }: Message, by: string, role: AnnouncedRole): readonly Announcement[] =>
    from.port === isoPort
      ? [
          servers(`${from.address} ${by}`, () => ({
            about: { kind: "address", address: from.address },
            by,
            facts: {},
            role,
          })),
        ]
      : [];

  /** Parameters: 00 01 12, length, method, group, subfunction, number, list's number, 0 behind its last piece. */
  const userdataOf = (message: Message, pdu: Buffer): readonly Announcement[] => {
    const data = pdu.subarray(s7Header + pdu.readUInt16BE(6));
    const [method, group, subfunction] = pdu.subarray(s7Header + 4, s7Header + 7);
    if (method === userdata.request && group === groups.askCpu && subfunction === userdata.readList) {
      const reason = "reads the system status list of controllers over S7comm";
      return [asks(message.from, "S7comm read SZL, request", reason)];
    }
    if (method === userdata.request && (group === groups.programmer || group === groups.blocks))
      return [asks(message.from, "S7comm programmer functions", "uses programmer functions over S7comm")];
    // Return code, transport size, length; then the list, or a piece of it.
    if (method !== userdata.answer || group !== groups.cpu || subfunction !== userdata.readList) return [];
    if (data[0] !== 0xff || data.length < 4) return [];
    const [reference = 0, more = 0] = pdu.subarray(s7Header + 8, s7Header + 10);
    const key = `${message.from.address} ${message.to.address} ${message.to.port} ${reference}`;
    const list =
      reference === 0 && more === 0
        ? data.subarray(4)
        : lists.add(key, data.subarray(4), { isFirst: !lists.has(key), isLast: more === 0 });
    const status = list && systemStatus(list);
    if (status === undefined) return [];
    const role = controllerRole(status.facts.model);
    return [
      {
        about: { kind: "address", address: message.from.address },
        by: `S7comm SZL 0x${status.list.toString(16).padStart(4, "0")}`,
        facts: status.facts,
        ...(role === undefined ? {} : { role }),
      },
    ];
  };

  return {
    lengthOf,
    read(message) {
      const pdu = dataOf(message.bytes);
      if (pdu === undefined) return connects(message);
      if (pdu[0] === 0x72) return plusSession(message, pdu) ?? serves(message, "S7comm-plus", servesPlus);
      if (pdu.subarray(0, 4).equals(sessionData)) return serves(message, "MMS data", servesMms);
      if (pdu[0] !== 0x32 || pdu.length < s7Header) return [];
      if (pdu[1] === kinds.job) return programming.has(pdu[s7Header] ?? 0) ? [programs(message)] : [];
      const found = pdu[1] === kinds.userdata ? userdataOf(message, pdu) : [];
      return found.length > 0 ? found : serves(message, "S7comm", servesS7);
    },
  };
}

/** As many packets as one message of the layer above has: the last one has the end bit. */
function lengthOf(bytes: Buffer): number {
  let at = 0;
  for (;;) {
    if (bytes[at] !== 3 || (bytes.length > at + 1 && bytes[at + 1] !== 0)) return at === 0 ? 0 : at;
    if (bytes.length < at + tpkt + cotp) return at + tpkt + cotp;
    const length = bytes.readUInt16BE(at + 2);
    if (length < tpkt + cotp) return at;
    const goesOn = bytes[at + tpkt + 1] === tpdu.data && (bytes[at + tpkt + 2]! & last) === 0;
    at += length;
    if (!goesOn) return at;
    if (bytes.length <= at) return at + tpkt + cotp;
  }
}

/** What the packets of a message carry; undefined where the first is no data. */
function dataOf(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at + tpkt + cotp <= bytes.length; ) {
    if (bytes[at + tpkt] !== 2 || bytes[at + tpkt + 1] !== tpdu.data) break;
    const next = at + bytes.readUInt16BE(at + 2);
    parts.push(bytes.subarray(at + tpkt + cotp, next));
    at = next;
  }
  return parts.length === 0 ? undefined : parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

const asks = (end: End, by: string, reason: string, role: Role = "engineering-station"): Announcement => ({
  about: { kind: "address", address: end.address },
  by,
  facts: {},
  role: { role, basis: "asks", reason },
});

/** While it is loaded, the controller asks for the blocks: the tool is the end that does not listen. */
const programs = ({ from, to }: Message): Announcement =>
  asks(
    from.port === isoPort ? to : from,
    "S7comm job",
    "loads, reads out, starts or stops a program over S7comm",
  );

/** Length, code, references, class; then parameters. */
function connects({ bytes, from }: Message): readonly Announcement[] {
  if (bytes[tpkt + 1] !== tpdu.connect) return [];
  for (let at = tpkt + 7; at + 2 <= bytes.length; at += 2 + bytes[at + 1]!) {
    if (bytes[at] !== calledSelector) continue;
    const selector = bytes.toString("latin1", at + 2, at + 2 + bytes[at + 1]!);
    const role = selectors.get(selector);
    return role === undefined
      ? []
      : [asks(from, "S7comm-plus connection", `connects to controllers as ${selector}`, role)];
  }
  return [];
}

const servesMms: AnnouncedRole = {
  role: "protection-relay",
  basis: "shows",
  reason: "serves MMS (IEC 61850)",
};
const servesS7: AnnouncedRole = { role: "plc", basis: "shows", reason: "serves S7comm" };
const servesPlus: AnnouncedRole = { role: "plc", basis: "shows", reason: "serves S7comm-plus" };

/** S7comm-plus (S7-1200, S7-1500): the answer to a new session holds order number and firmware as text. */
function plusSession(message: Message, pdu: Buffer): readonly Announcement[] | undefined {
  const said = /1;(6ES7 [0-9A-Z-]{10,16}) *;V(\d+(?:\.\d+)+)/.exec(pdu.toString("latin1"));
  if (said === null) return undefined;
  const [, model, version] = said;
  const role = controllerRole(model);
  return [
    {
      about: { kind: "address", address: message.from.address },
      by: "S7comm-plus session",
      facts: known({ vendor: "Siemens", model, firmware: `V${version}` }),
      ...(role === undefined ? {} : { role }),
    },
  ];
}
