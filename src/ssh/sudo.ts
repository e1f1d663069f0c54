/** What sudo, or the shell that looks for it, says when it runs nothing, and how to mend it (sudo(8), sudoers(5)). */
const refusals: readonly (readonly [said: RegExp, mend: string])[] = [
  [
    /exec: .*sudo: .*not found/,
    "sudo is not installed there: install it, or name an account that needs none",
  ],
  [
    /not in the sudoers file|may not run sudo|not allowed to (execute|run)/,
    "sudo does not let this account: it needs NOPASSWD: ALL, or name another account",
  ],
  // Whatever the words: it speaks the language of the host.
  [
    /^sudo: /m,
    "sudo must run everything for this account without a password, which nobody can type here: NOPASSWD: ALL",
  ],
];

/** Why sudo ran nothing, and how to mend it; undefined where it is not sudo that refused. */
export function sudoRefusal(stderr: string): string | undefined {
  const mend = refusals.find(([said]) => said.test(stderr))?.[1];
  return mend && `the site file says "sudo: true", and ${mend} (${stderr.trim()})`;
}
