// What titles and values of Icecat's products tell: the kind of product, and what a shop would filter by.

export interface Category {
  slug: string;
  /** The category above it. */
  above?: string;
  /** In the title, in lower case. */
  words: RegExp;
  /** The set of attributes of its products; absent: the one of all products. */
  set?: string;
}

const category = (slug: string, above: string, words: RegExp, set?: string): Category => ({
  ...{ slug, above, words },
  ...(set && { set }),
});

/** The first one whose words are in the title counts. */
export const CATEGORIES: readonly Category[] = [
  category("toner-cartridges", "printing", /\btoner\b/, "cartridges"),
  category("ink-cartridges", "printing", /\b(ink|inkjet) ?cartridge|singlepack|multipack|\bink\b/, "cartridges"),
  category("drums", "printing", /\bdrum\b/, "cartridges"),
  category("labels", "office", /\blabels?\b|making tape/),
  category("paper", "office", /\bpaper\b/),
  category("cables", "cabling", /\bcables?\b|\bcord\b|patch/, "cables"),
  category("adapters", "cabling", /\badapters?\b|converter/, "cables"),
  category("memory", "components", /\bddr|memory module|sdram|\bdimm/, "memory"),
  category("processors", "components", /\bprocessor\b/, "processors"),
  category("notebook-cases", "computers", /case|backpack|sleeve|\bbag\b/),
  category("notebooks", "computers", /\bnotebook\b|laptop/, "devices"),
  category("monitors", "computers", /\bmonitor\b|\blcd\b|\bled tv|television/, "devices"),
  category("projector-lamps", "projection", /projector lamp|\blamp\b/),
  category("projectors", "projection", /projector/, "devices"),
  category("printers", "printing", /printer|laserjet|multifunction|mfp|designjet/),
  category("power", "infrastructure", /\bups\b|pdu|surge|power (supply|strip|distribution)|uninterruptible|batter/),
  category("drives", "components", /ssd|hard drive|hdd|\bsata\b|\bnas\b/, "memory"),
  category("discs-and-tapes", "office", /\bdvd|cd-r|blu-ray|tape\b/),
  category("graphics-cards", "components", /graphics|geforce|radeon|nvidia|quadro/, "memory"),
  category("network", "infrastructure", /switch|router|access point|gigabit|ethernet|wlan|wireless|transceiver|sfp/),
  category("keyboards-and-mice", "computers", /keyboard|mouse/),
  category("audio", "electronics", /headphone|headset|speaker|earphone|microphone/),
  category("mounts-and-racks", "infrastructure", /mount|rack|bracket|stand\b/),
  category("desktops-and-servers", "computers", /\bpc\b|server|workstation|desktop/, "devices"),
  category("phones", "electronics", /phone/, "devices"),
  category("cameras", "electronics", /camera|lens/),
];
export const DEFAULT_CATEGORY: Category = { slug: "other", words: /^/ };

interface Texts {
  title: string;
  attrs: string;
}

export interface Rule {
  code: string;
  name: string;
  type: "number" | "boolean" | "option";
  unit?: string;
  options?: readonly string[];
  /** The set that has it; absent: all products. */
  of?: string;
  find(texts: Texts): string | number | boolean | undefined;
}

const COLOURS = [
  ...["Black", "White", "Grey", "Silver", "Blue", "Red", "Green", "Yellow", "Cyan", "Magenta", "Orange", "Purple"],
  ...["Pink", "Brown", "Beige", "Gold", "Transparent"],
];
const CONNECTORS = [
  "RJ-45",
  "USB",
  "HDMI",
  "DisplayPort",
  "DVI",
  "VGA",
  "PS/2",
  "SC",
  "LC",
  "ST",
  "C13",
  "C14",
  "SATA",
];
const GRADES = ["Cat3", "Cat5e", "Cat5", "Cat6a", "Cat6", "Cat7"];
const MEMORY_TYPES = ["DDR4", "DDR3", "DDR2", "DDR", "SSD", "HDD"];
const COUNTRIES = ["China", "Germany", "Taiwan", "Japan", "Thailand", "Mexico", "Malaysia", "Czech Republic"];

/** Finds the option whose word is in one of some texts, the first text first. */
function finder(options: readonly string[], also: Record<string, string> = {}) {
  const plain = (text: string) => text.toLowerCase().replace(/[ /-]/g, "");
  const words = [...options, ...Object.keys(also)];
  const pattern = new RegExp(
    `(?<![a-z0-9])(${words.map((word) => word.replace(/[/-]/g, "[ /-]?")).join("|")})(?![a-z0-9])`,
    "i",
  );
  const byWord = new Map([...options.map((one) => [plain(one), one] as const), ...Object.entries(also)]);
  return (texts: readonly string[]): string | undefined => {
    const found = texts.map((text) => pattern.exec(text)?.[1]).find((word) => word !== undefined);
    return found === undefined ? undefined : byWord.get(plain(found));
  };
}

/** The number before a unit; times `factor`. */
function numberIn(text: string, pattern: RegExp, factor = 1): number | undefined {
  const found = pattern.exec(text)?.[1];
  const value = found === undefined ? Number.NaN : Number(found) * factor;
  return Number.isFinite(value) ? Number(value.toPrecision(12)) : undefined;
}

const option = (
  code: string,
  name: string,
  options: readonly string[],
  also?: Record<string, string>,
  of?: string,
): Rule => {
  const find = finder(options, also);
  return {
    ...{ code, name, type: "option", options },
    ...(of && { of }),
    find: ({ title, attrs }) => find([title, attrs]),
  };
};

const countryIn = finder(COUNTRIES);

export const ATTRIBUTES: readonly Rule[] = [
  option("colour", "Colour", COLOURS, { gray: "Grey" }),
  {
    ...{ code: "pieces", name: "Pieces", type: "number" },
    find: ({ title }) => numberIn(title, /(\d+) ?pc(?:\(s\)|s)/i),
  },
  {
    ...{ code: "origin", name: "Country of origin", type: "option", options: COUNTRIES },
    find: ({ attrs }) => countryIn([attrs]),
  },
  {
    ...{ code: "original", name: "Original", type: "boolean", of: "cartridges" },
    find: ({ attrs }) => (/^original\b/i.test(attrs) ? true : /^compatible\b/i.test(attrs) ? false : undefined),
  },
  {
    ...{ code: "length", name: "Length", type: "number", unit: "m", of: "cables" },
    find: ({ title }) =>
      numberIn(title, /(?<![a-z0-9.])(\d+(?:\.\d+)?) ?m\b(?!\/)/i) ??
      numberIn(title, /(\d+(?:\.\d+)?)[ -]?(?:ft|feet)\b/i, 0.3048),
  },
  option("connector", "Connector", CONNECTORS, { rj45: "RJ-45" }, "cables"),
  option("cable-grade", "Cable grade", GRADES, undefined, "cables"),
  {
    ...{ code: "capacity", name: "Capacity", type: "number", unit: "GB", of: "memory" },
    find: ({ title }) =>
      numberIn(title, /(\d+(?:\.\d+)?) ?TB\b/i, 1_024) ??
      numberIn(title, /(\d+(?:\.\d+)?) ?GB\b/i) ??
      numberIn(title, /(\d+) ?MB\b/i, 1 / 1_024),
  },
  option("memory-type", "Type of memory", MEMORY_TYPES, undefined, "memory"),
  {
    ...{ code: "clock", name: "Clock", type: "number", unit: "GHz", of: "processors" },
    find: ({ title }) => numberIn(title, /(\d+(?:\.\d+)?) ?GHz\b/i),
  },
  {
    ...{ code: "screen", name: "Screen", type: "number", unit: "cm", of: "devices" },
    find: ({ title }) => numberIn(title, /(\d+(?:\.\d+)?) ?cm\b/i) ?? numberIn(title, /(\d+(?:\.\d+)?)"/, 2.54),
  },
];
