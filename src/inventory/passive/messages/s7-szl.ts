import { type AnnouncedRole, type Facts, known, wireText } from "../announcement.ts";

/** Partial lists of the system status list that name the station (Siemens A5E00105093, chapter 33). */
const lists = { modules: 0x11, components: 0x1c } as const;
/** Length of their records: what is none of these is no start of a list. */
const recordLength: ReadonlyMap<number, number> = new Map([
  [lists.modules, 28],
  [lists.components, 34],
]);
const header = 8;

/** What a partial list says of a station. */
export interface SystemStatus {
  /** Number of the partial list: 0x0011 names modules, 0x001c the station's components. */
  readonly list: number;
  readonly facts: Facts;
}

/** Reads a list as far as it is there: id, index, length of a record, number of records; then the records. */
export function systemStatus(list: Buffer): SystemStatus | undefined {
  if (list.length < header) return undefined;
  const [id, size, count] = [list.readUInt16BE(0) & 0xff, list.readUInt16BE(4), list.readUInt16BE(6)];
  if (recordLength.get(id) !== size) return undefined;
  const whole = Array.from(
    { length: Math.min(count, Math.floor((list.length - header) / size)) },
    (_, index) => list.subarray(header + index * size, header + (index + 1) * size),
  );
  const facts = id === lists.modules ? moduleFacts(whole) : componentFacts(whole);
  return Object.keys(facts).length === 0 ? undefined : { list: id, facts };
}

/** Records of module identification: index, order number (20 characters), type, version (`V` and three numbers). */
function moduleFacts(records: readonly Buffer[]): Facts {
  const at = (index: number): Buffer | undefined =>
    records.find((record) => record.readUInt16BE(0) === index);
  const [module, firmware] = [at(1), at(7)];
  const order = module && wireText(module.subarray(2, 22), "latin1");
  return known({
    vendor: order === undefined ? undefined : "Siemens",
    model: order,
    firmware: firmware?.[24] === 0x56 ? `V${firmware[25]}.${firmware[26]}.${firmware[27]}` : undefined,
  });
}

/** Records of component identification: index, then 32 characters. */
function componentFacts(records: readonly Buffer[]): Facts {
  const at = (index: number): string | undefined => {
    const record = records.find((one) => one.readUInt16BE(0) === index);
    return record && wireText(record.subarray(2, 34), "latin1");
  };
  return known({
    name: at(1),
    vendor: at(4)?.includes("Siemens") ? "Siemens" : undefined,
    model: at(7) ?? at(2),
    serial: at(5),
    location: at(11),
  });
}

/** SIMATIC controllers by their order number (6ES7 2xx to 5xx) or module type (CPU ...). */
export const controllerRole = (model: string | undefined): AnnouncedRole | undefined =>
  model !== undefined && /^(6ES7 ?([2345]1[0-9]|15[0-9]-8)|CPU )/.test(model)
    ? { role: "plc", basis: "says", reason: `says over S7comm that it is a ${model}` }
    : undefined;
