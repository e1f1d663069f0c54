/** What sudo, or the shell that looks for it, says when it runs nothing (sudo(8); it speaks English here, see `environment`). */
const refusals: readonly (readonly [said: RegExp, mend: string])[] = [
  [
    /exec: .*sudo: .*not found/,
    "sudo is not installed there: install it, or name an account that needs none",
  ],
  [
    /^sudo: .*(password|terminal|askpass)/m,
    "sudo wants a password there, which nobody can type here: let the account run everything without one (NOPASSWD: ALL, sudoers(5))",
  ],
  [
    /not in the sudoers file|may not run sudo|not allowed to (execute|run)/,
    "sudo does not let this account: it needs NOPASSWD: ALL (sudoers(5)), or name another account",
  ],
];

/** Why sudo ran nothing, and how to mend it; undefined where it is not sudo that refused. */
export function sudoRefusal(stderr: string): string | undefined {
  const mend = refusals.find(([said]) => said.test(stderr))?.[1];
  return mend && `the site file says "sudo: true", and ${mend} (${stderr.trim()})`;
}
