import fc from "fast-check";

const fields = [
  "ts",
  "uid",
  "id.orig_h",
  "id.orig_p",
  "id.resp_h",
  "id.resp_p",
  "proto",
  "service",
  "duration",
  "conn_state",
  "history",
  "orig_pkts",
  "orig_ip_bytes",
  "resp_pkts",
  "resp_ip_bytes",
  "resp_l2_addr",
  "orig_l2_addr",
  "vlan",
  "inner_vlan",
] as const;
type Record = Readonly<globalThis.Record<(typeof fields)[number], string>>;

/** A conn.log as Zeek writes it. @param layout the columns, in the order that they have in the file. */
export function zeekLog(records: readonly Record[], layout: readonly string[] = fields): string {
  const line = (record: Record): string =>
    layout.map((field) => record[field as keyof Record] ?? "worker-1").join("\t");
  return [
    ...["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tconn"],
    `#fields\t${layout.join("\t")}`,
    ...records.map(line),
    "#close\t2026-01-02-00-00-00",
    "",
  ].join("\n");
}

export const zeekFieldNames: readonly string[] = fields;

const start = 1_767_225_600;
const micros = (value: number): string => (value / 1e6).toFixed(6);
const host = fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.255", "224.0.0.9", "169.254.1.1");
const host6 = fc.constantFrom("fd00::1", "fd00::2", "fe80::1", "ff02::1");
const port = fc.constantFrom("0", "53", "502", "4840", "44818", "1900", "9100", "40000", "40001", "60000");
const count = fc.oneof(fc.constant("-"), fc.nat(9).map(String), fc.constant("123456789012"));

/** Records of few hosts and ports, so that they meet in the same flows: every protocol, state and gap that Zeek has. */
export const zeekRecord = fc
  .record({
    time: fc.oneof(
      fc.constant("-"),
      fc.nat(7_200_000_000).map((at) => micros(start * 1e6 + at)),
    ),
    ends: fc.oneof(fc.tuple(host, host), fc.tuple(host6, host6)),
    ports: fc.tuple(port, port),
    proto: fc.constantFrom("tcp", "tcp", "udp", "udp", "sctp", "icmp", "unknown_transport"),
    type: fc.constantFrom("0", "3", "8", "13", "14", "128", "129", "135"),
    duration: fc.oneof(
      { weight: 6, arbitrary: fc.nat(3_000_000_000).map(micros) },
      { weight: 1, arbitrary: fc.constantFrom("-", "0.000000", "2000000000.000000") },
    ),
    state: fc.constantFrom("-", "SF", "S0", "REJ", "RSTRH", "OTH"),
    history: fc.constantFrom("-", "-", "ShADadFf", "S", "Sr", "^dDa", "DadA", "D", "(empty)"),
    counts: fc.tuple(count, count, count, count),
    card: fc.constantFrom("-", "ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01"),
    sender: fc.constantFrom("-", "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"),
    vlans: fc.constantFrom(["-", "-"], ["20", "-"], ["30", "-"], ["100", "20"], ["0", "-"]),
  })
  .map(
    ({ time, ends, ports, proto, type, duration, state, history, counts, card, sender, vlans }): Record => ({
      ts: time,
      uid: "C1",
      "id.orig_h": ends[0],
      "id.orig_p": proto === "icmp" ? type : ports[0],
      "id.resp_h": ends[1],
      "id.resp_p": proto === "icmp" ? "0" : ports[1],
      proto,
      service: "-",
      duration,
      conn_state: state,
      history,
      orig_pkts: counts[0],
      orig_ip_bytes: counts[1],
      resp_pkts: counts[2],
      resp_ip_bytes: counts[3],
      resp_l2_addr: card,
      orig_l2_addr: sender,
      vlan: vlans[0]!,
      inner_vlan: vlans[1]!,
    }),
  );

/** One poll of a controller, `second` seconds after the start of 2026. */
export const poll = (second: number, master = "10.0.0.1"): Record => ({
  ts: micros((start + second) * 1e6),
  uid: "C1",
  "id.orig_h": master,
  "id.orig_p": String(40_000 + (second % 20_000)),
  "id.resp_h": "10.0.0.2",
  "id.resp_p": "502",
  proto: "tcp",
  service: "-",
  duration: "0.250000",
  conn_state: "SF",
  history: "ShADadFf",
  orig_pkts: "5",
  orig_ip_bytes: "300",
  resp_pkts: "4",
  resp_ip_bytes: "250",
  resp_l2_addr: "-",
  orig_l2_addr: "-",
  vlan: "-",
  inner_vlan: "-",
});

/** Records of few kinds, most of them of one flow, which say the same but for their figures, and come in no order. */
export const alikeRecords = fc
  .tuple(
    zeekRecord,
    fc.array(fc.tuple(zeekRecord, fc.boolean()), { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(3), zeekRecord, fc.option(port, { freq: 3 })), { maxLength: 60 }),
  )
  .map(([base, kinds, others]) =>
    others.map(([at, other, ownPort]): Record => {
      const { ts, duration, orig_pkts, orig_ip_bytes, resp_pkts, resp_ip_bytes } = other;
      const [kind, isOther] = kinds[at % kinds.length]!;
      const { history, conn_state, resp_l2_addr, orig_l2_addr } = kind;
      const record = isOther ? kind : { ...base, history, conn_state, resp_l2_addr, orig_l2_addr };
      const figures = { ts, duration, orig_pkts, orig_ip_bytes, resp_pkts, resp_ip_bytes };
      return { ...record, ...figures, ...(ownPort === null ? {} : { "id.orig_p": ownPort }) };
    }),
  );

/** What a damaged line, or another program, writes in place of a value: nearly numbers, and numbers that cannot be. */
export const oddities = [
  ...[
    "",
    " ",
    "-",
    "x",
    "0",
    "00502",
    "502.0",
    "40020.1",
    "4e4",
    "4.0e4",
    "5E2",
    "+502",
    " 502",
    "502 ",
    "5_02",
    "0x1F6",
  ],
  ...[
    "0b11",
    "65536",
    "-1",
    "-0",
    "1.5",
    ".5",
    "5.",
    "1e3",
    "1_000",
    "1,5",
    "inf",
    "-inf",
    "nan",
    "Infinity",
    "1e400",
    "9007199254740992",
    "99999999999999999",
    "0.1234567",
  ],
  ...[
    "1767225600123.456",
    "1_767_225_600.5",
    "253402300799.5",
    "300000000000.000000",
    "-300000000000",
    "1e11",
    "1e12",
  ],
  ...[
    "2026-01-01T00:00:00Z",
    "17",
    "017",
    "6.2",
    "256",
    "tcp",
    "TCP",
    "^d",
    "Sh",
    "SF",
    "\r",
    "\u0000",
    '"',
    "\\",
    "'",
    "é",
  ],
  ...["10.0.0.1.", "010.0.0.1", "FF:FF:FF:FF:FF:FF", "502\t503", "\n", "#"],
];

/** A log in which some values of some lines are replaced by others. */
const damaged = (records: fc.Arbitrary<readonly Record[]>): fc.Arbitrary<string> =>
  fc
    .tuple(
      records,
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...fields), fc.constantFrom(...oddities)), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.boolean(),
    )
    .map(([all, changes, numbered]) => {
      const rows: (Record & { ip_proto?: string })[] = all.map((record) => ({
        ...record,
        ...(numbered ? { ip_proto: "-" } : {}),
      }));
      for (const [place, field, text] of rows.length === 0 ? [] : changes) {
        const at = place % rows.length;
        rows[at] = { ...rows[at]!, [numbered && field === "uid" ? "ip_proto" : field]: text };
      }
      return zeekLog(rows, numbered ? [...fields, "ip_proto"] : fields);
    });

export const damagedLog = damaged(fc.array(zeekRecord, { minLength: 1, maxLength: 30 }));
export const damagedAlike = damaged(alikeRecords);
