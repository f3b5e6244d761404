/** What a bank says to a card. */
export type Behaviour =
  | { kind: "accepted" }
  | { kind: "action" }
  | { kind: "declined"; code: string; declineCode: string; message: string };

export interface Card {
  brand: string;
  last4: string;
  expMonth: number;
  expYear: number;
}

const EXPIRY = { expMonth: 12, expYear: 2034 };

interface TestCard {
  card: Card;
  behaviour: Behaviour;
}

function visa(last4: string, behaviour: Behaviour): TestCard {
  return { card: { brand: "visa", last4, ...EXPIRY }, behaviour };
}

function declined(code: string, declineCode: string, message: string): Behaviour {
  return { kind: "declined", code, declineCode, message };
}

/** Stripe's public names of test cards: https://docs.stripe.com/testing */
const TEST_CARDS: Readonly<Record<string, TestCard>> = {
  pm_card_visa: visa("4242", { kind: "accepted" }),
  pm_card_mastercard: { card: { brand: "mastercard", last4: "4444", ...EXPIRY }, behaviour: { kind: "accepted" } },
  pm_card_mx: visa("8001", { kind: "accepted" }),
  pm_card_authenticationRequired: visa("3184", { kind: "action" }),
  pm_card_chargeDeclined: visa("0002", declined("card_declined", "generic_decline", "Your card was declined.")),
  pm_card_chargeDeclinedInsufficientFunds: visa(
    "9995",
    declined("card_declined", "insufficient_funds", "Your card has insufficient funds."),
  ),
  pm_card_chargeDeclinedExpiredCard: visa("0069", declined("expired_card", "expired_card", "Your card has expired.")),
  pm_card_chargeDeclinedProcessingError: visa(
    "0119",
    declined("processing_error", "processing_error", "An error occurred while processing your card."),
  ),
};

export function testCard(token: string): TestCard | undefined {
  return Object.hasOwn(TEST_CARDS, token) ? TEST_CARDS[token] : undefined;
}

/** How the bank of a saved card behaves: as that of the test card with the same digits. */
export function behaviourOf(last4: string): Behaviour {
  return Object.values(TEST_CARDS).find(({ card }) => card.last4 === last4)?.behaviour ?? { kind: "accepted" };
}
