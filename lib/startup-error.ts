/** A start that fails for a reason that the user can act on. The message is one sentence, shown without a stack. */
export class StartupError extends Error {
  override name = "StartupError";
}

/** Ends this process with exit code 1: with one clear line for a `StartupError`, otherwise with the stack. */
export function exitWith(error: unknown): never {
  process.stderr.write(
    `${error instanceof StartupError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
}
