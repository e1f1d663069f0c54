import { hasErrors, type Outcome } from "../diagnostics/diagnostic.ts";
import { readSource } from "../policy/source/read-source.ts";
import { readInterfaceAddress } from "./address.ts";
import type { InventoryHost } from "./host.ts";

/** A host with its own variables, in the innermost group that lists it. */
interface Listed {
  readonly name: string;
  readonly group: string | undefined;
  readonly address: string | undefined;
}

type Mapping = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Hosts of an Ansible inventory, in YAML or in INI form. A host's address is its `ansible_host`, or its name where
 * that is one. Of the groups that list a host, the first that holds it directly counts.
 */
export function readAnsibleInventory(text: string, file: string): Outcome<readonly InventoryHost[]> {
  if (!isYaml(text)) return { value: toHosts(iniHosts(text)), diagnostics: [] };
  const { source, diagnostics } = readSource(text, file);
  if (hasErrors(diagnostics)) return { diagnostics };
  return { value: toHosts(isMapping(source?.value) ? yamlHosts(source.value) : []), diagnostics };
}

/** In YAML the first line that says something opens a group; in INI it is a header or a host. */
function isYaml(text: string): boolean {
  const first = text.split(/\r?\n/).find((line) => !/^\s*([#;].*)?$/.test(line));
  return first !== undefined && (first.startsWith("---") || /^[^[\s][^\s]*:\s*(#.*)?$/.test(first));
}

function toHosts(listed: readonly Listed[]): readonly InventoryHost[] {
  const first = new Map<string, Listed>();
  for (const host of listed) {
    const known = first.get(host.name);
    if (known === undefined) first.set(host.name, host);
    else first.set(host.name, { ...known, address: known.address ?? host.address });
  }
  return [...first.values()].map(({ name, group, address }) => {
    const read = readInterfaceAddress(address ?? name);
    return {
      name,
      addresses: read ? [read.address] : [],
      networks: read?.network ? [read.network] : [],
      ...(group !== undefined && { group }),
    };
  });
}

const stray: ReadonlySet<string> = new Set(["all", "ungrouped"]);

function yamlHosts(groups: Mapping): readonly Listed[] {
  return Object.entries(groups).flatMap(([group, content]) => {
    if (!isMapping(content)) return [];
    const inner = isMapping(content.children) ? yamlHosts(content.children) : [];
    const hosts = isMapping(content.hosts) ? Object.entries(content.hosts) : [];
    return [
      ...inner,
      ...hosts.flatMap(([pattern, variables]) =>
        expandPattern(pattern).map((name) => ({
          name,
          group: stray.has(group) ? undefined : group,
          address: isMapping(variables) ? text(variables.ansible_host) : undefined,
        })),
      ),
    ];
  });
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function iniHosts(inventory: string): readonly Listed[] {
  let group: string | undefined;
  let listsHosts = true;
  return inventory.split(/\r?\n/).flatMap((line) => {
    const content = line.replace(/(^|\s)[#;].*$/, "").trim();
    const header = /^\[([^\]:]+)(?::(\w+))?\]$/.exec(content);
    if (header !== null) {
      group = stray.has(header[1]!) ? undefined : header[1];
      listsHosts = header[2] === undefined;
      return [];
    }
    if (content === "" || !listsHosts) return [];
    const [pattern = "", ...variables] = content.split(/\s+/);
    const address = variables.find((variable) => variable.startsWith("ansible_host="));
    const value = address?.slice("ansible_host=".length).replaceAll(/^["']|["']$/g, "");
    return expandPattern(pattern).map((name) => ({ name, group, address: value }));
  });
}

/** `plc[01:03]` lists plc01, plc02 and plc03. */
function expandPattern(pattern: string): readonly string[] {
  const range = /^(.*)\[(\d+):(\d+)\](.*)$/.exec(pattern);
  if (range === null) return [pattern];
  const [, before = "", first = "", last = "", after = ""] = range;
  const count = Math.min(Number(last) - Number(first) + 1, 65_536);
  return Array.from({ length: Math.max(0, count) }, (_, index) =>
    expandPattern(`${before}${String(Number(first) + index).padStart(first.length, "0")}${after}`),
  ).flat();
}
