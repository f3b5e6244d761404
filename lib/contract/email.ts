/**
 * The form in which an email address is stored and compared: lower case, in Unicode's form NFC. Keyboards and operating
 * systems write `é` as one character or as two, and people mean the same mailbox by both. NFKC would go too far: it makes
 * one of addresses that are different mailboxes, such as those with `ﬁ` and `fi`, which mail servers keep apart.
 *
 * Capital letters are the same in the local part too, although a mail server may keep them apart: none in use does, and
 * people type them by chance.
 */
export function normalEmail(email: string): string {
  return email.normalize("NFC").toLowerCase().normalize("NFC");
}
