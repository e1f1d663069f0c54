/** The lab cannot do what was asked; the message says why and how to mend it. */
export class LabError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LabError";
  }
}
