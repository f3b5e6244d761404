/** What a customer may change about themselves, addresses and preferences aside. */
export interface Profile {
  email: string;
  firstName: string;
  lastName: string;
  phone: string | null;
}

export const profileFields = ["email", "firstName", "lastName", "phone"] as const satisfies readonly (keyof Profile)[];

/** The profile after a change, and the names of what is different: sending what is there already changes nothing. */
export function changeProfile(
  before: Profile,
  change: { [F in keyof Profile]?: Profile[F] | undefined },
): { after: Profile; updatedFields: (keyof Profile)[] } {
  const after: Profile = {
    email: change.email?.toLowerCase() ?? before.email,
    firstName: change.firstName ?? before.firstName,
    lastName: change.lastName ?? before.lastName,
    phone: change.phone === undefined ? before.phone : change.phone, // null takes the number away
  };
  return { after, updatedFields: profileFields.filter((field) => after[field] !== before[field]) };
}
