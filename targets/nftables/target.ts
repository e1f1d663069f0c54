import type { Target } from "../../src/target.ts";
import { capabilities } from "./capabilities.ts";
import { createDriver } from "./driver.ts";
import { emit } from "./emit.ts";
import { isListing, readForeign } from "./foreign/read.ts";
import { conduitName } from "./names.ts";
import { parse } from "./parse.ts";

export const nftables: Target = {
  name: "nftables",
  extension: ".nft",
  capabilities,
  conduitName,
  emit,
  parse,
  driver: createDriver,
  foreign: { recognises: isListing, read: readForeign },
};
