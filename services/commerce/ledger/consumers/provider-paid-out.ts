import { posted } from "../steps/post-events.ts";

/** The provider has sent money to the shop's bank. */
export const providerPaidOut = posted("payments.ProviderPaidOut");
