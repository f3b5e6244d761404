/** The reason why a password is too weak for this account, for the user; `undefined` when it is strong enough. */
export function passwordWeakness(password: string, email: string): string | undefined {
  const lower = password.toLowerCase();
  const [localPart] = email.toLowerCase().split("@");
  if (lower === email.toLowerCase() || lower === localPart) return "must not be the email address";
  if (new Set(password).size < 2) return "must not repeat one single character";
  return undefined;
}
