interface Waiting<Request, Outcome> {
  request: Request;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/**
 * Lets requests of one moment share their work: while one batch runs, the others gather for the next. So many buyers of one
 * promotion wait for its row once, and not one after the other.
 * @param most requests of one batch
 */
export function gathered<Request, Outcome>(most: number) {
  const waiting: Waiting<Request, Outcome>[] = [];
  let isRunning = false;

  const runAll = async (work: (requests: readonly Request[]) => Promise<readonly Outcome[]>) => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, most);
      try {
        const outcomes = await work(batch.map(({ request }) => request));
        for (const [i, { resolve }] of batch.entries()) resolve(outcomes[i] as Outcome);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isRunning = false;
  };

  return (request: Request, work: (requests: readonly Request[]) => Promise<readonly Outcome[]>): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      waiting.push({ request, resolve, reject });
      if (isRunning) return;
      isRunning = true;
      void runAll(work);
    });
}
