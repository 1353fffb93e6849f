/**
 * Seconds until the task with this number is interrupted: exponential with the given rate, and a function of seed and
 * number alone, so that other events change nothing in it. Infinity where the rate is 0.
 */
export function seededLifetime(seed: number, task: number, perHour: number): number {
  if (perHour <= 0) return Infinity;
  return (-Math.log(1 - fraction(seed, task)) * 3600) / perHour;
}

/** From 0 to below 1: the finaliser of MurmurHash3 over both numbers. */
function fraction(seed: number, number: number): number {
  let hash = Math.imul(seed ^ 0x2545f491, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b);
  for (let round = 0; round < 2; round += 1) {
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}
