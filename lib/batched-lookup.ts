interface Batch<T> {
  keys: Set<string>;
  result: Promise<ReadonlyMap<string, T>>;
}

/**
 * Joins look-ups of single keys into queries for many: all look-ups of one moment share a query. Only one query runs at a
 * time. A look-up that is asked for while one runs waits for the next query, because the running one may have read the
 * data before the change that the caller asks about.
 * @param lookUp finds many keys at once; keys that it does not find are absent from its answer
 * @returns a function that finds one key
 */
export function batchedLookup<T>(
  lookUp: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>,
): (key: string) => Promise<T | undefined> {
  let gathering: Batch<T> | undefined;
  let running: Promise<unknown> = Promise.resolve();

  const run = async (keys: ReadonlySet<string>, previous: Promise<unknown>) => {
    await previous;
    await new Promise(setImmediate);
    gathering = undefined;
    return lookUp([...keys]);
  };

  return async (key) => {
    if (!gathering) {
      const keys = new Set<string>();
      gathering = { keys, result: run(keys, running) };
      running = gathering.result.catch(() => undefined);
    }
    gathering.keys.add(key);
    return (await gathering.result).get(key);
  };
}
