import type { Target } from "../../src/target.ts";
import { capabilities } from "./capabilities.ts";
import { createDriver } from "./driver.ts";
import { emit } from "./emit.ts";
import { parse } from "./parse.ts";

export const nftables: Target = {
  name: "nftables",
  extension: ".nft",
  capabilities,
  emit,
  parse,
  driver: createDriver,
};
