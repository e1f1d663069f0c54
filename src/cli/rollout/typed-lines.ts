import { createInterface } from "node:readline";

/**
 * Lines that a person types, for as long as somebody can type. The terminal itself edits and echoes them, and turns
 * Ctrl-C into the signal that ends a trial; `ended` is called when it says that nothing more comes (Ctrl-D, or it is gone).
 * @returns what stops listening.
 */
export function typedLines(
  stdin: NodeJS.ReadStream,
  typed: (line: string) => void,
  ended: () => void,
): () => void {
  const lines = createInterface({ input: stdin, terminal: false });
  let isWanted = true;
  // A terminal that was closed answers a read with an error: that is an end too.
  const close = (): void => lines.close();
  stdin.on("error", close);
  lines.on("line", (line) => {
    if (isWanted) typed(line.trim());
  });
  lines.on("close", () => {
    if (isWanted) ended();
  });
  return () => {
    isWanted = false;
    lines.close();
  };
}
