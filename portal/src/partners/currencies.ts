interface HasCurrencies {
  readonly payoutCurrency: string;
  readonly balances: readonly { readonly currency: string }[];
}

/** The currencies of a partner: that of its payouts, and those in which it has commissions. */
export function currenciesOf({ payoutCurrency, balances }: HasCurrencies): string[] {
  return [...new Set([payoutCurrency, ...balances.map(({ currency }) => currency)])].sort();
}
