import { expect, test } from "vitest";
import { expiringLine, normalForm, readListing, seconds } from "../../../targets/nftables/listing.ts";

const listing = (elements: string, counter: string): string => `table inet other {
	set blocked {
		type ipv4_addr
		size 100${counter === "9" ? "	# count 2" : ""}
		elements = { ${elements} }
	}

	set seen {
		type ipv4_addr
		flags dynamic,timeout
		elements = { 192.0.2.${counter} timeout 1h expires ${counter}m }
	}

	chain input {
		type filter hook input priority filter; policy accept;
		ip saddr @blocked counter packets ${counter} bytes 0 drop comment "a } and a, b"
	}
}
table ip nat {
	chain post {
		masquerade
	}
}
`;
const form = (text: string): string =>
  readListing(text)
    .map((table) => normalForm(table.objects))
    .join("");

test("tables and objects are found with what is in them", () => {
  const [other, nat] = readListing(listing('10.0.0.1 comment "x, y", 10.0.0.2', "1"));
  expect([other?.name, nat?.name]).toEqual(["inet other", "ip nat"]);
  expect(other?.objects.map((object) => `${object.kind} ${object.name}`)).toEqual([
    "set blocked",
    "set seen",
    "chain input",
  ]);
  expect(other?.objects[0]?.elements).toEqual(['10.0.0.1 comment "x, y"', "10.0.0.2"]);
});

test("counters, the order of elements, learnt elements and their number make no difference", () => {
  expect(form(listing("10.0.0.2,\n\t\t\t     10.0.0.1", "9"))).toBe(form(listing("10.0.0.1, 10.0.0.2", "1")));
});

test("an element, a rule and a table more do", () => {
  const text = listing("10.0.0.1", "1");
  expect(form(listing("10.0.0.1, 10.0.0.2", "1"))).not.toBe(form(text));
  expect(form(text.replace("\t\tmasquerade", "\t\tmasquerade\n\t\taccept"))).not.toBe(form(text));
});

test("nothing loaded is nothing listed", () => {
  expect(readListing("")).toEqual([]);
});

test.each([
  ["1d2h3m4s5ms", 93_784.005],
  ["980ms", 0.98],
  ["604799s", 604_799],
  ["2m", 120],
])("%s are %d seconds", (text, value) => {
  expect(seconds(text)).toBeCloseTo(value);
});

test("an element that ends by itself is found by its line, and the word in a heading or a comment is none", () => {
  expect(expiringLine(listing("10.0.0.1", "9"))).toBe(11);
  const compiled = `# permit poll (site.yaml:7): the "contract expires 2027\n\t10.0.0.1 comment "expires 3"\n`;
  expect(expiringLine(compiled)).toBeUndefined();
  expect(expiringLine(`${compiled}\t10.0.0.1 timeout 1h expires 3s\n`)).toBe(3);
});
