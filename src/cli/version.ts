/** The released version; `test/version.test.ts` holds it equal to package.json. */
export const version = "0.1.0";
