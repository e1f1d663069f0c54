/** An engine refuses or fails; the message says what, and what helps. */
export class EngineError extends Error {}
