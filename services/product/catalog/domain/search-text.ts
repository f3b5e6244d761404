/** A pattern for ILIKE that finds the text anywhere, taking `%` and `_` literally; `null` for no text. */
export function containing(text: string | undefined): string | null {
  const trimmed = text?.trim();
  return trimmed ? `%${trimmed.replace(/[\\%_]/g, "\\$&")}%` : null;
}
