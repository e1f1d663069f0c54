/** What an abort criterion may measure, each with what counts as a failure, in words for a reviewer. */
export const criterionTypes = {
  "flow-dropped": "an observed flow that nobody decided against is not let through",
  "heartbeat-lost": "a critical permit is silent in either direction for longer than ever before",
  "replies-missing": "a permit that had answers before asks again and again, and has none",
  "unknown-drops":
    "more packets than so many a minute are not let through of flows that nobody decided about",
  "recording-lost": "the record of what is not permitted is full, so that a drop may go unseen",
} as const;

export type CriterionType = keyof typeof criterionTypes;

export const criterionTypeNames = Object.keys(criterionTypes) as [CriterionType, ...CriterionType[]];
