const endOfOptions = 0;

/** Shows each option of a pcapng block in turn: its code, and where its value lies. Ends at the first that does not fit. */
export function readOptions(
  view: DataView,
  from: number,
  end: number,
  little: boolean,
  see: (code: number, at: number, size: number) => void,
): void {
  for (let next = from; next + 4 <= end; ) {
    const code = view.getUint16(next, little);
    const size = view.getUint16(next + 2, little);
    const value = next + 4;
    if (code === endOfOptions || value + size > end) return;
    see(code, value, size);
    next = value + size + (-size & 3);
  }
}
