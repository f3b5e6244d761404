import { normalEmail } from "#lib/contract/email.ts";

/** The properties of a customer that can change, without addresses and preferences. */
export interface Profile {
  email: string;
  firstName: string;
  lastName: string;
  phone: string | null;
}

export const profileFields = ["email", "firstName", "lastName", "phone"] as const satisfies readonly (keyof Profile)[];

/** The profile after a change, and the names of the fields whose value is different now. */
export function changeProfile(
  before: Profile,
  change: { [F in keyof Profile]?: Profile[F] | undefined },
): { after: Profile; updatedFields: (keyof Profile)[] } {
  const after: Profile = {
    email: change.email === undefined ? before.email : normalEmail(change.email),
    firstName: change.firstName ?? before.firstName,
    lastName: change.lastName ?? before.lastName,
    phone: change.phone === undefined ? before.phone : change.phone, // null removes the number
  };
  return { after, updatedFields: profileFields.filter((field) => after[field] !== before[field]) };
}
