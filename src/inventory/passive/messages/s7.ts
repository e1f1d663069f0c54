import { type AnnouncedRole, type Announcement, known, wireText } from "../announcement.ts";
import type { Message, StreamProtocol } from "./message.ts";

/** RFC 1006: version 3, reserved 0, length of the whole. */
const tpkt = 4;
/** COTP data (ISO 8073 DT): header length 2, code F0, number and end bit. */
const cotp = 3;
const s7Header = 10;

const kinds = { job: 1, userdata: 7 } as const;
/** Jobs that change or read out a program: download, upload, PLC control, stop. */
const programming: ReadonlySet<number> = new Set([0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x28, 0x29]);
/** Partial lists of the system status list that name the station (Siemens A5E00105093, chapter 33). */
const lists = { modules: 0x11, components: 0x1c } as const;

/** The same transport carries MMS (ISO 9506), inside ISO session data (ISO 8327): give tokens, data transfer. */
const sessionData = Buffer.from("01000100", "hex");
const isoPort = 102;

const servesMms = ({ from }: Message): Announcement => ({
  about: { kind: "address", address: from.address },
  by: "MMS data",
  facts: {},
  role: { role: "protection-relay", basis: "shows", reason: "serves MMS (IEC 61850)" },
});

/** S7comm over ISO transport: reading the system status list tells what the station is. */
export const s7: StreamProtocol = {
  lengthOf(bytes) {
    if (bytes[0] !== 3 || (bytes.length > 1 && bytes[1] !== 0)) return 0;
    if (bytes.length < tpkt) return tpkt;
    const length = bytes.readUInt16BE(2);
    return length >= tpkt + 3 ? length : 0;
  },
  read(message) {
    const pdu = dataOf(message.bytes);
    if (pdu?.[0] === 0x72) return plusSession(message, pdu);
    if (pdu?.subarray(0, 4).equals(sessionData) && message.from.port === isoPort) return [servesMms(message)];
    if (pdu?.[0] !== 0x32 || pdu.length < s7Header) return [];
    if (pdu[1] === kinds.job) return programming.has(pdu[s7Header] ?? 0) ? [programs(message)] : [];
    return pdu[1] === kinds.userdata ? systemStatus(message, pdu) : [];
  },
};

function dataOf(bytes: Buffer): Buffer | undefined {
  return bytes[tpkt] === 2 && bytes[tpkt + 1] === 0xf0 ? bytes.subarray(tpkt + cotp) : undefined;
}

const programs = ({ from }: Message): Announcement => ({
  about: { kind: "address", address: from.address },
  by: "S7comm job",
  facts: {},
  role: {
    role: "engineering-station",
    basis: "asks",
    reason: "loads, reads out or stops a program over S7comm",
  },
});

/** Parameters: 00 01 12, length, method, function group, subfunction (read SZL is 1 of group 4). */
function systemStatus(message: Message, pdu: Buffer): readonly Announcement[] {
  const parameters = pdu.readUInt16BE(6);
  const data = pdu.subarray(s7Header + parameters);
  const [method, group, subfunction] = [pdu[s7Header + 4], pdu[s7Header + 5], pdu[s7Header + 6]];
  if (subfunction !== 1) return [];
  const address = (end: { readonly address: string }) => ({ kind: "address", address: end.address }) as const;
  if (method === 0x11 && group === 0x44) {
    return [
      {
        about: address(message.from),
        by: "S7comm read SZL, request",
        facts: {},
        role: {
          role: "engineering-station",
          basis: "asks",
          reason: "reads the system status list of controllers over S7comm",
        },
      },
    ];
  }
  // Return code, transport size, length, then the list: id, index, length of a record, number of records.
  if (method !== 0x12 || group !== 0x84 || data[0] !== 0xff || data.length < 12) return [];
  const [id, size, count] = [data.readUInt16BE(4) & 0xff, data.readUInt16BE(8), data.readUInt16BE(10)];
  const records = Array.from({ length: count }, (_, index) =>
    data.subarray(12 + index * size, 12 + (index + 1) * size),
  );
  const whole = records.filter((record) => record.length === size && size >= 4);
  const facts =
    id === lists.modules ? moduleFacts(whole) : id === lists.components ? componentFacts(whole) : undefined;
  if (facts === undefined || whole.length === 0) return [];
  const role = controllerRole(facts.model);
  return [
    {
      about: address(message.from),
      by: `S7comm SZL 0x${id.toString(16).padStart(4, "0")}`,
      facts: known(facts),
      ...(role === undefined ? {} : { role }),
    },
  ];
}

/** S7comm-plus (S7-1200, S7-1500): the answer to a new session holds order number and firmware as text. */
function plusSession({ from }: Message, pdu: Buffer): readonly Announcement[] {
  const said = /1;(6ES7 [0-9A-Z-]{10,16}) *;V(\d+\.\d+)/.exec(pdu.toString("latin1"));
  if (said === null) return [];
  const [, model, version] = said;
  const role = controllerRole(model);
  return [
    {
      about: { kind: "address", address: from.address },
      by: "S7comm-plus session",
      facts: known({ vendor: "Siemens", model, firmware: `V${version}` }),
      ...(role === undefined ? {} : { role }),
    },
  ];
}

type SzlFacts = Readonly<
  Partial<Record<"name" | "vendor" | "model" | "firmware" | "serial", string | undefined>>
>;

/** Records of module identification: index, order number (20 characters), type, version (`V` and three numbers). */
function moduleFacts(records: readonly Buffer[]): SzlFacts {
  const at = (index: number): Buffer | undefined =>
    records.find((record) => record.readUInt16BE(0) === index && record.length >= 28);
  const [module, firmware] = [at(1), at(7)];
  const order = module && wireText(module.subarray(2, 22));
  return {
    vendor: order === undefined ? undefined : "Siemens",
    model: order,
    firmware: firmware?.[24] === 0x56 ? `V${firmware[25]}.${firmware[26]}.${firmware[27]}` : undefined,
  };
}

/** Records of component identification: index, then 32 characters. */
function componentFacts(records: readonly Buffer[]): SzlFacts {
  const at = (index: number): string | undefined => {
    const record = records.find((one) => one.readUInt16BE(0) === index);
    return record && wireText(record.subarray(2, 34));
  };
  return { name: at(1), model: at(7) ?? at(2), serial: at(5) };
}

/** SIMATIC controllers by their order number (6ES7 2xx to 5xx) or module type (CPU ...). */
function controllerRole(model: string | undefined): AnnouncedRole | undefined {
  return model !== undefined && /^(6ES7 ?[2345]1[0-9]|CPU )/.test(model)
    ? { role: "plc", basis: "says", reason: `says over S7comm that it is a ${model}` }
    : undefined;
}
