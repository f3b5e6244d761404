import { StartupError } from "./startup-error.ts";

/**
 * Reads amounts by currency, such as `USD=1000,JPY=150000`, in whole major units. Of two for a currency the later one counts.
 * @param name of the setting, for the message
 * @throws StartupError when they cannot be read
 */
export function amountsOf(name: string, ...texts: readonly string[]): ReadonlyMap<string, number> {
  const entries = texts.flatMap((text) => text.split(",").filter((part) => part.trim() !== ""));
  return new Map(
    entries.map((entry) => {
      const [currency = "", amount = ""] = entry.split("=").map((part) => part.trim());
      if (!/^[A-Z]{3}$/.test(currency) || !/^\d{1,12}$/.test(amount))
        throw new StartupError(`${name}: "${entry}" is not a currency and an amount, such as USD=1000`);
      return [currency, Number(amount)];
    }),
  );
}
