/** How much a provider holds for the shop in a currency, below zero when the shop owes it. */
export interface Holding {
  provider: string;
  currency: string;
  minor: number;
}

/** What a provider says of all its currencies; undefined: it says nothing. */
export interface ProviderHoldings {
  provider: string;
  balances: readonly Omit<Holding, "provider">[] | undefined;
}

export interface Comparison {
  provider: string;
  currency: string;
  ledgerMinor: number;
  /** undefined: the provider does not say */
  heldMinor: number | undefined;
}

/** The books beside what each provider says, for every currency that one of them knows. */
export function compareHoldings(booked: readonly Holding[], held: readonly ProviderHoldings[]): Comparison[] {
  const names = new Set([...booked, ...held].map(({ provider }) => provider));
  return [...names].sort().flatMap((provider) => {
    const ours = new Map(booked.filter((holding) => holding.provider === provider).map((h) => [h.currency, h.minor]));
    const balances = held.find((holdings) => holdings.provider === provider)?.balances;
    const theirs = new Map(balances?.map(({ currency, minor }) => [currency, minor]));
    return [...new Set([...ours.keys(), ...theirs.keys()])].sort().map((currency) => ({
      provider,
      currency,
      ledgerMinor: ours.get(currency) ?? 0,
      heldMinor: balances && (theirs.get(currency) ?? 0),
    }));
  });
}
