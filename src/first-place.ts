/** The first of `length` places at which a test holds that holds at all places behind it too: found by halving. */
export function firstPlace(length: number, test: (place: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
