import { describe, expect, test } from "vitest";
import { canonicalJson } from "../src/digest.ts";

describe("canonical JSON", () => {
  test("is the same for equal values, whatever the order of their keys", () => {
    const value = { b: [{ d: 1, c: undefined }, null], a: { f: "x", e: 0.5 } };
    expect(canonicalJson(value)).toBe('{"a":{"e":0.5,"f":"x"},"b":[{"d":1},null]}');
    expect(canonicalJson({ a: { e: 0.5, f: "x" }, b: [{ c: undefined, d: 1 }, null] })).toBe(
      canonicalJson(value),
    );
  });

  test("keeps what a hostile file calls its keys", () => {
    const hostile = JSON.parse('{"b": 1, "__proto__": {"x": 1}, "2": 2, "10": 3}') as unknown;
    expect(JSON.parse(canonicalJson(hostile))).toEqual(hostile);
    expect(canonicalJson(hostile)).toContain('"__proto__":{"x":1}');
  });

  test("shows what a terminal would hide, and means the same", () => {
    const value = { text: "a\u202eb\u0007c\u{e0041}d\u007fe" };
    expect(canonicalJson(value)).toBe('{"text":"a\\u202eb\\u0007c\\udb40\\udc41d\\u007fe"}');
    expect(JSON.parse(canonicalJson(value))).toEqual(value);
  });
});
