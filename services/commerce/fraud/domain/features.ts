import type { Facts } from "./facts.ts";

/** What the model looks at, with the words in which a reason names it. */
export const featureWords = {
  guest: "a guest",
  newAccount: "a new account",
  paidOrders: "few paid orders before",
  disposableMail: "a disposable email address",
  amount: "the total",
  pieces: "the number of pieces",
  attempts: "the number of attempts",
  declined: "declined payments",
  sharedMethod: "a payment method of several customers",
  sharedAddress: "an address of several customers",
  sharedClient: "a network address of several customers",
  billedElsewhere: "billed to another country",
  orderedFromElsewhere: "ordered from another country",
  hidden: "a data centre, VPN or proxy",
  newAndDear: "a high total of somebody new",
  hiddenAndElsewhere: "a data centre, VPN or proxy of another country",
} as const;

export type FeatureName = keyof typeof featureWords;
export const featureNames = Object.keys(featureWords) as FeatureName[];
export type Features = Readonly<Record<FeatureName, number>>;

const log = (count: number) => Math.log2(1 + count);
const flag = (is: boolean) => (is ? 1 : 0);

/** The facts as numbers. Counts are taken as logarithms, because 100 differs from 50 as 10 differs from 5. */
export function featuresOf({ customer, amountRatio, pieces, countries, network, velocity }: Facts): Features {
  const { shipping, billing, client } = countries;
  const isNew = customer.isGuest || (customer.ageHours !== null && customer.ageHours < 24);
  const amount = log(amountRatio ?? 0);
  const elsewhere = client !== null && client !== shipping && client !== billing;
  return {
    guest: flag(customer.isGuest),
    newAccount: flag(isNew),
    paidOrders: -log(customer.paidOrders),
    disposableMail: flag(customer.disposableMail),
    amount,
    pieces: log(pieces),
    attempts: log(velocity.customer.hour),
    declined: log(velocity.declinedHour),
    sharedMethod: log(Math.max(0, velocity.methodCustomers.day - 1)),
    sharedAddress: log(Math.max(0, velocity.addressCustomers.day - 1)),
    sharedClient: log(Math.max(0, velocity.clientCustomers.day - 1)),
    billedElsewhere: flag(billing !== null && shipping !== null && billing !== shipping),
    orderedFromElsewhere: flag(elsewhere),
    hidden: flag(network !== null),
    newAndDear: isNew ? amount : 0,
    hiddenAndElsewhere: flag(network !== null && elsewhere),
  };
}
