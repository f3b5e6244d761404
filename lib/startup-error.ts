/** A start that cannot go on, for a reason the user can act on. The message is one sentence, shown without a stack. */
export class StartupError extends Error {
  override name = "StartupError";
}
