import { type Auth, hasScope } from "#lib/contract/access.ts";

/** Whether a caller may give these rights to somebody, or take them away: only a caller who has all of them. */
export function mayGrant(granter: Auth, scopes: readonly string[]): boolean {
  return scopes.every((scope) => hasScope(granter, scope));
}

/** What a change means for the rights of a member of staff. */
export interface StaffChange {
  staffId: string;
  changesRights: boolean;
  /** The scopes before and after the change. */
  scopes: readonly string[];
}

/**
 * Nobody may change their own rights: otherwise staff could give themselves more, and the last administrator could close the
 * last account that may open others. Nobody may change the account of somebody with more rights either: otherwise
 * `users:write` would be enough to close all administrators.
 * @returns the reason of the refusal, as a sentence; `undefined` when the change is allowed
 */
export function refusedChange(changer: Auth, change: StaffChange): string | undefined {
  if (!change.changesRights) return undefined;
  if (changer.kind === "staff" && changer.staffId === change.staffId)
    return "You cannot change your own roles or close your own account.";
  if (!mayGrant(changer, change.scopes)) return "You can only give or take rights that you have yourself.";
  return undefined;
}
