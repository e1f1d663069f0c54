import { isPlaceholderKey } from "../schema/placeholder-key.ts";
import type { Check } from "./check.ts";

export const placeholderKey: Check = {
  id: "placeholder-key",
  severity: "warning",
  about: "A key is still the placeholder that `sluice init` wrote. No host and no person holds it.",
  fix: "write the real key: of a person, the line of their .pub file; of a host, what `ssh-keyscan` prints, compared with the host's console",
  clause: "IEC 62443-3-3 SR 1.2",
  *run({ site }) {
    const holders = [
      ...site.firewalls.map(({ id, span, ssh }) => ({ id, span, keys: ssh.hostKeys })),
      ...site.people,
    ];
    for (const { id, span, keys } of holders) {
      if (!keys.some(isPlaceholderKey)) continue;
      yield { subject: id, span, message: `a key of "${id}" is a placeholder` };
    }
  },
};
