import { StartupError } from "#lib/startup-error.ts";

export const DOMAINS = ["commerce", "identity", "logistics", "platform", "post-purchase", "product"] as const;

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const NAME_CHARS = 30; // it is also the name of a database, a stream and a JavaScript constant

/** Words that cannot name a constant of the contract, because the language or the generated file uses them. */
const TAKEN_AS_CONSTANT = new Set(
  "as async await break case catch class const continue contract crud debugger default delete do else enum export extends false finally for function if import in instanceof interface let new null package private protected public return static super switch this throw true try type typeof var void while with yield".split(
    " ",
  ),
);

/** Words that cannot name a table without quotes (Postgres 17, appendix C). */
const TAKEN_AS_TABLE = new Set(
  "all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right select session_user similar some symmetric system_user table tablesample then to trailing true union unique user using variadic verbose when where window with".split(
    " ",
  ),
);

/** The names of a new service in all the forms that its files need. */
export interface ServiceNames {
  domain: string;
  /** `gift-cards`: the folder, the service and the end of its path. */
  service: string;
  /** `giftCards`: the contract's constant and the property of the list's answer. */
  constant: string;
  /** `giftCard`: the kind of id. */
  item: string;
  /** `gift_card`: the table and the prefix of its ids. */
  table: string;
  /** `gift card` and `gift cards`: in sentences. */
  words: { item: string; items: string };
}

/**
 * Reads what the user asked for, such as `product/gift-cards`.
 * @throws StartupError naming the one thing that is wrong
 */
export function namesOf(args: readonly string[]): ServiceNames {
  const [domain = "", service = "", ...more] = (args[0] ?? "").split("/");
  if (args.length !== 1 || !service || more.length > 0)
    throw new StartupError("Use: npm run new:service -- <domain>/<name>, for example product/guides");
  if (!DOMAINS.some((known) => known === domain))
    throw new StartupError(`There is no domain ${domain}. Choose one of ${DOMAINS.join(", ")}.`);
  if (!NAME.test(service) || service.length > NAME_CHARS)
    throw new StartupError(
      `${service} cannot name a service: use at most ${NAME_CHARS} lower-case letters and digits, with hyphens between words, such as gift-cards.`,
    );
  const item = singular(service);
  return {
    domain,
    service,
    constant: camelCase(service),
    item: camelCase(item),
    table: item.replaceAll("-", "_"),
    words: { item: item.replaceAll("-", " "), items: service.replaceAll("-", " ") },
  };
}

/** @throws StartupError when the generated TypeScript or SQL would not be valid */
export function assertNotReserved({ service, constant, table }: ServiceNames): void {
  if (TAKEN_AS_CONSTANT.has(constant)) throw reserved(service, constant);
  if (TAKEN_AS_TABLE.has(table)) throw reserved(service, table);
}

function reserved(service: string, word: string): StartupError {
  return new StartupError(`${service} cannot name a service: ${word} is a reserved word.`);
}

/** `gift-cards` to `gift-card`, `categories` to `category`, `addresses` to `address`; `loyalty` stays. */
function singular(service: string): string {
  if (/[a-z]{2}ies$/.test(service)) return service.replace(/ies$/, "y");
  if (/(ss|x|ch|sh)es$/.test(service)) return service.replace(/es$/, "");
  return /[^sui]s$/.test(service) ? service.replace(/s$/, "") : service;
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
