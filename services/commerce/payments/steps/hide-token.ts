/**
 * Takes a token out of what a provider says: providers repeat the token in their messages, and messages are logged, stored and
 * shown to customers.
 */
export async function hidingToken<A>(token: string, ask: () => Promise<A>): Promise<A> {
  try {
    return withoutToken(token, await ask());
  } catch (error) {
    if (error instanceof Error) {
      error.message = hidden(token, error.message);
      if (error.stack !== undefined) error.stack = hidden(token, error.stack);
      throw error;
    }
    throw new Error(hidden(token, String(error)));
  }
}

/** A copy of data in which no text has the token. */
function withoutToken<A>(token: string, value: A): A {
  if (typeof value === "string") return hidden(token, value) as A;
  if (Array.isArray(value)) return value.map((item) => withoutToken(token, item)) as A;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutToken(token, item)])) as A;
}

function hidden(token: string, text: string): string {
  return token === "" ? text : text.replaceAll(token, "[token]");
}
