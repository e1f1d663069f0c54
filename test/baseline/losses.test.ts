import { describe, expect, test } from "vitest";
import { blocks } from "./support/captures.ts";
import { observeBytes } from "./support/observe.ts";
import { ethernet, ipv4, tcp, tcpFlags } from "./support/packets.ts";

const reason = "lost by the recorder, as its statistics say";
const data = ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40_000, 502, tcpFlags.syn)));
const [received, byInterface, bySystem] = [4, 5, 7];

describe.each(["little", "big"] as const)("statistics of a pcapng capture, %s endian", (order) => {
  const { section, interface: port, enhanced, statistics, option64, other } = blocks(order);
  const head = Buffer.concat([section(), port(1), port(1), enhanced(0, 0n, data)]);

  test("what each interface and the system lost is told, and counts as records that could not be read", () => {
    const file = Buffer.concat([
      head,
      statistics(0, [
        [received, option64(1000n)],
        [byInterface, option64(3n)],
        [bySystem, option64(4n)],
      ]),
      statistics(1, [[bySystem, option64(20n)]]),
    ]);
    const { baseline, warnings } = observeBytes([file], [7]);
    expect(baseline.sources[0]!.accounting).toMatchObject({ read: 28, used: 1, rejected: { [reason]: 27 } });
    expect(warnings).toMatchObject([{ code: "baseline/lost-packets", severity: "warning" }]);
    expect(warnings[0]!.message).toContain("lost 27 packets");
    expect(warnings[0]!.message).toContain("3 at the interface, 24 in the operating system");
  });

  test("blocks of one interface count from the start of the capture, those of the next section anew", () => {
    const lost = (count: bigint): Uint8Array => statistics(0, [[byInterface, option64(count)]]);
    const file = Buffer.concat([head, lost(3n), lost(5n), head, lost(2n)]);
    expect(observeBytes([file]).baseline.sources[0]!.accounting.rejected).toEqual({ [reason]: 7 });
  });

  test("what packets say was lost before them adds up, and is the same as what statistics of their interface say", () => {
    const behind = (count: bigint): Uint8Array =>
      enhanced(0, 0n, data, undefined, [
        [1, Buffer.from("odd")],
        [4, option64(count)],
      ]);
    const packets = Buffer.concat([head, behind(3n), behind(4n), behind(-1n)]);
    expect(observeBytes([packets]).baseline.sources[0]!.accounting.rejected).toEqual({ [reason]: 7 });
    const all = Buffer.concat([packets, statistics(0, [[bySystem, option64(9n)]])]);
    expect(observeBytes([all]).baseline.sources[0]!.accounting.rejected).toEqual({ [reason]: 9 });
  });

  test("nothing lost, not known, or a block without figures: nothing is told", () => {
    const file = Buffer.concat([
      head,
      statistics(0, [
        [byInterface, option64(0n)],
        [bySystem, option64(-1n)],
      ]),
      statistics(1, []),
      other(5, 8),
    ]);
    const { baseline, warnings } = observeBytes([file]);
    expect(warnings).toEqual([]);
    expect(baseline.sources[0]!.accounting).toMatchObject({ read: 1, used: 1, rejected: {} });
  });

  test("a capture cut short tells both", () => {
    const file = Buffer.concat([head, statistics(0, [[byInterface, option64(3n)]]), enhanced(0, 0n, data)]);
    const { warnings } = observeBytes([file.subarray(0, file.length - 10)]);
    expect(warnings.map(({ code }) => code)).toEqual(["baseline/lost-packets", "baseline/cut-short"]);
  });
});

describe("what other recorders say of themselves", () => {
  const told = (...texts: readonly string[]) => {
    const { baseline, warnings } = observeBytes(texts.map((text) => Buffer.from(text)));
    return { losses: baseline.sources.map(({ accounting }) => accounting.losses), warnings };
  };
  const lossLog = (...rows: readonly string[]): string =>
    [
      ...["#separator \\x09", "#path\tcapture_loss", "#fields\tts\tts_delta\tpeer\tgaps\tacks\tpercent_lost"],
      ...rows.map((row) => `1600000000.0\t900.0\tzeek\t${row}`),
    ].join("\n");

  test("Zeek's capture_loss.log, as columns and as JSON", () => {
    const found = told(lossLog("0\t1000\t0.0", "5\t1000\t0.5"));
    expect(found.losses).toEqual([{ lost: 5, of: 2000 }]);
    expect(found.warnings).toMatchObject([{ code: "baseline/lost-packets", severity: "warning" }]);
    const json = { ts: 1.6e9, ts_delta: 900, peer: "zeek", gaps: 7, acks: 100, percent_lost: 7 };
    expect(told(JSON.stringify(json)).losses).toEqual([{ lost: 7, of: 100 }]);
    expect(told(lossLog("0\t1000\t0.0"))).toEqual({ losses: [undefined], warnings: [] });
  });

  test("Suricata's statistics, which count from its start, and anew from the next", () => {
    const stats = (kernel_packets: number, kernel_drops: number): string =>
      JSON.stringify({ event_type: "stats", stats: { capture: { kernel_packets, kernel_drops } } });
    const text = [stats(100, 0), stats(1000, 10), stats(50, 2), '{"event_type":"stats"}'].join("\n");
    expect(told(text).losses).toEqual([{ lost: 12, of: 1050 }]);
  });
});
