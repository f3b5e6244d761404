import { posted } from "../steps/post-events.ts";

/** The provider has kept something for its service. */
export const providerFeeCharged = posted("payments.ProviderFeeCharged");
