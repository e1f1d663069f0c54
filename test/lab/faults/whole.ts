/** Whether every row is tried, or those that each run of the suite tries. */
export const isWhole = process.env.SLUICE_FAULTS === "all";
