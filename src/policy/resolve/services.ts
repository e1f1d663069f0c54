import type { Service } from "../../net/service.ts";
import type { SiteFile } from "../schema/site.ts";
import { builtInServices, parseService, ServiceError } from "../services.ts";
import type { Path } from "../source/source.ts";
import { didYouMean } from "../suggest.ts";
import { isWritten, type Resolution, reportKey, reportValue } from "./report.ts";

export type ServiceNames = ReadonlyMap<string, readonly Service[]>;

/** The site's own services beside the built-in ones. A built-in name keeps its meaning. */
export function resolveServices(to: Resolution, entries: SiteFile["services"]): ServiceNames {
  const names = new Map(builtInServices);
  for (const [name, texts] of Object.entries(entries ?? {})) {
    const path = ["services", name];
    if (builtInServices.has(name) || isWrittenOut(name)) {
      reportKey(to, "site/service-taken", path, `"${name}" is built in and cannot be given another meaning`, {
        fix: "choose another name",
      });
      continue;
    }
    const services = texts.flatMap((text, index) => {
      const at = [...path, index];
      if (names.has(text) || !Object.hasOwn(entries ?? {}, text))
        return resolveService(to, names, text, at) ?? [];
      reportValue(
        to,
        "site/service-order",
        at,
        `"${text}" is defined below "${name}", or is "${name}" itself`,
        {
          fix: "a service holds only services that are written above it",
        },
      );
      return [];
    });
    names.set(name, services);
  }
  return names;
}

/** The services that an entry of a permit stands for; undefined after reporting that there are none. */
export function resolveService(
  to: Resolution,
  names: ServiceNames,
  text: string,
  path: Path,
): readonly Service[] | undefined {
  const named = names.get(text);
  if (named !== undefined) return named;
  const service = readService(to, text, path);
  if (service !== "name") return service && [service];
  if (!isWritten(to, ["services", text])) {
    const fix =
      asPort(text) ??
      didYouMean(text, [...names.keys()]) ??
      `define it under "services", or write it out, as in tcp/502 or icmp/8`;
    reportValue(to, "site/unknown-service", path, `there is no service "${text}"`, { fix });
  }
  return undefined;
}

/** How a port is written that was written in another way, such as `tcp:502` or `502`. */
function asPort(text: string): string | undefined {
  const [, protocol, port] = /^(?:(tcp|udp)[ :]?)?(\d+(?:-\d+)?)$/.exec(text) ?? [];
  if (port === undefined) return undefined;
  return protocol === undefined ? `write tcp/${port} or udp/${port}` : `write ${protocol}/${port}`;
}

function readService(to: Resolution, text: string, path: Path): Service | "name" | undefined {
  try {
    return parseService(text) ?? "name";
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    reportValue(to, "site/bad-service", path, error.message);
    return undefined;
  }
}

/** Whether a name already says something by itself, as `any`, `gre` and `tcp` do. */
function isWrittenOut(name: string): boolean {
  try {
    return parseService(name) !== undefined;
  } catch (error) {
    if (error instanceof ServiceError) return true;
    throw error;
  }
}
