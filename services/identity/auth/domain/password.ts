/** Why a password of allowed length is still too weak for this account, as a sentence; `undefined` when it is not. */
export function weakness(password: string, email: string): string | undefined {
  const lower = password.toLowerCase();
  const [localPart] = email.toLowerCase().split("@");
  if (lower === email.toLowerCase() || lower === localPart) return "must not be the email address";
  if (new Set(password).size < 2) return "must not be one character over and over";
  return undefined;
}
