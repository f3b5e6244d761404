/**
 * Works through a list with at most `width` pieces under way, starting them in the order of the list.
 * @throws the first failure, after what was under way has ended; nothing new is started behind a failure
 */
export async function pool<T>(list: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (!failed && next < list.length) {
      const item = list[next] as T; // within the list, by the condition above
      next += 1;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(width, list.length) }, worker);
  const failure = (await Promise.allSettled(workers)).find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
}
