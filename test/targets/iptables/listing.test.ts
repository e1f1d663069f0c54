import { expect, test } from "vitest";
import { withoutOwn } from "../../../targets/iptables/listing.ts";

const builtIn = ":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [7:420]\n:OUTPUT ACCEPT [0:0]\n";

test("what others configured: a table that does nothing is as good as none, and whatever does something is kept", () => {
  expect(withoutOwn(`# Generated\n*filter\n${builtIn}COMMIT\n# Completed\n`)).toBe("");
  expect(withoutOwn(`*filter\n${builtIn}:SLUICE - [0:0]\n-A FORWARD -j SLUICE\nCOMMIT\n`)).toBe("");
  expect(
    withoutOwn(`iptables:\n*filter\n${builtIn}COMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\nip6tables:\n`),
  ).toBe("iptables:\nip6tables:");
  for (const something of [
    builtIn.replace("FORWARD ACCEPT", "FORWARD DROP"),
    `${builtIn}:mine - [0:0]\n`,
    `${builtIn}-A FORWARD -s 192.0.2.1/32 -j DROP\n`,
  ]) {
    const kept = withoutOwn(`*filter\n${something}COMMIT\n`);
    expect(kept).toBe(`*filter\n${something.replaceAll(/ \[\d+:\d+\]/g, "")}COMMIT`);
  }
});
