/** The answers for all items, in their order, `most` of them asked for at once. Throws the first error, once nothing runs. */
export async function mapParallel<T, R>(items: readonly T[], most: number, map: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const at = next;
      next += 1;
      try {
        answers[at] = await map(items[at]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.min(most, items.length) }, work));
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason;
  return answers;
}
