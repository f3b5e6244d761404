import { type Auth, hasScope } from "#lib/contract/access.ts";

/** Whether somebody may hand out these rights, or take them from their holder: only those who hold them all. */
export function mayGrant(granter: Auth, scopes: readonly string[]): boolean {
  return scopes.every((scope) => hasScope(granter, scope));
}

/** What a change to a member of staff comes to. */
export interface StaffChange {
  staffId: string;
  changesRights: boolean;
  /** What the holder may do before or after. */
  scopes: readonly string[];
}

/**
 * Nobody changes their own rights: nobody can raise themselves, and the last administrator cannot lock everybody out.
 * And nobody changes a holder of rights they do not have: else closing all administrators would take `users:write`.
 */
export function refusedChange(changer: Auth, change: StaffChange): string | undefined {
  if (!change.changesRights) return undefined;
  if (changer.kind === "staff" && changer.staffId === change.staffId)
    return "Nobody changes their own roles or closes their own account.";
  if (!mayGrant(changer, change.scopes)) return "Only those who hold these rights may give or take them.";
  return undefined;
}
