import { expect, test } from "vitest";
import { draftSite } from "../../src/inventory/draft-site.ts";
import { uniqueIds } from "../../src/inventory/names.ts";
import { parseAddress, parseRange } from "../../src/net/address.ts";

const site = { name: "plant", timezone: "UTC", target: "nftables" };
const hosts = (address: (index: number) => string, networks: readonly string[]) =>
  Array.from({ length: 20_000 }, (_, index) => ({
    name: "x",
    addresses: [parseAddress(address(index))],
    networks: networks.map(parseRange),
  }));

test("twenty thousand hosts of one name, made up by somebody, are drafted within seconds", {
  timeout: 20_000,
}, () => {
  const { text } = draftSite(
    hosts((index) => `10.0.${index >> 8}.${index & 255}`, ["10.0.0.0/16"]),
    site,
  );
  expect(text.match(/ x-\d+: /g)).toHaveLength(19_999);
});

test("so are as many networks", { timeout: 20_000 }, () => {
  const { text } = draftSite(
    hosts((index) => `10.${index >> 8}.${index & 255}.1`, []),
    site,
  );
  expect(text.match(/ x: /g)).toHaveLength(20_000);
});

test("a name that is taken is numbered on, also where a number of it is another's name", () => {
  expect(uniqueIds(["a-2", "a", "a", "a", "a-3"])).toEqual(["a-2", "a", "a-3", "a-4", "a-3-2"]);
});
