import type { Announcement } from "../announcement.ts";

/** So many are remembered; then it begins anew. */
const most = 4096;

/** What is said with nearly every packet, made once: the same object again costs no comparison of what it holds. */
export function remembered(): (key: string, make: () => Announcement) => Announcement {
  const known = new Map<string, Announcement>();
  return (key, make) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    if (known.size >= most) known.clear();
    const made = make();
    known.set(key, made);
    return made;
  };
}
