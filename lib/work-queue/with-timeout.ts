/**
 * Ends within the time-out, even if the call ignores its signal.
 * @param what the subject of the error's sentence, such as the name of a provider
 */
export function withTimeout<T>(what: string, timeoutMs: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      const reason = new Error(`${what} has not answered for ${timeoutMs} ms.`);
      reject(reason);
      abort.abort(reason);
    }, timeoutMs);
    call(abort.signal)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
