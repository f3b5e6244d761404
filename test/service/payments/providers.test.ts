import { stripeProvider } from "#services/commerce/payments/providers/stripe.ts";
import { type Fault, TestProvider } from "#services/commerce/payments/providers/test-provider.ts";
import { booksPlace, openBooks } from "#services/commerce/payments/providers/test-provider-books.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { openStripe, SECRET_KEY } from "#test/support/stripe-server/open.ts";
import { type Abilities, providerSuite } from "./provider-suite.ts";

const cards: Abilities = {
  method: { type: "card", token: "pm_card_visa" },
  waiting: { type: "card", token: "pm_card_authenticationRequired" },
  declined: {
    method: { type: "card", token: "pm_card_chargeDeclinedInsufficientFunds" },
    code: "insufficient_funds",
  },
  payable: { currency: "USD", amountMinor: 10_000, partMinor: 4_000 },
  others: [
    { currency: "JPY", amountMinor: 501, partMinor: 1 },
    { currency: "BHD", amountMinor: 12_340, partMinor: 10 },
    { currency: "KWD", amountMinor: 5_120, partMinor: 5_110 },
    { currency: "ISK", amountMinor: 1_301, partMinor: 1 },
    { currency: "UGX", amountMinor: 40_001, partMinor: 3 },
    { currency: "MGA", amountMinor: 5_010, partMinor: 20 },
    { currency: "HUF", amountMinor: 1_045, partMinor: 45 },
  ],
  capturesParts: true,
};

providerSuite(
  "the test provider",
  async () => {
    const faults: Fault[] = [];
    const provider = new TestProvider({
      books: openBooks(booksPlace({ database: await freshDatabase("payments") })),
      fault: () => faults.shift(),
    });
    return {
      provider,
      customerAgrees: () => {}, // its confirmation is taken for the customer's
      loseNextAnswer: () => faults.push("loseAnswer"),
      close: () => provider.close(),
    };
  },
  cards,
);

async function openedStripe() {
  const server = await openStripe({ maxPage: 3 });
  return {
    provider: await stripeProvider({ secretKey: SECRET_KEY, apiBase: server.url }),
    customerAgrees: (reference: string) => server.authenticate(reference),
    loseNextAnswer: () => {
      server.faults.next = ({ method }) => {
        if (method !== "POST") return undefined;
        server.faults.next = () => undefined;
        return "loseAnswer";
      };
    },
    close: () => server.stop(),
  };
}

providerSuite("Stripe with cards", openedStripe, { ...cards, knowsPayment: true });

providerSuite("Stripe with UPI, which knows no holds", openedStripe, {
  method: { type: "upi", handle: "anna@okbank" },
  waiting: { type: "upi", handle: "anna@okbank" },
  payable: { currency: "INR", amountMinor: 10_000, partMinor: 4_000 },
  others: [],
  takesAtOnce: true,
  knowsPayment: true,
});
