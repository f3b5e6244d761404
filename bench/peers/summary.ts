import { type Figure, markdownTable } from "#bench/figures.ts";
import { type Bar, barChart, rateText } from "#bench/picture.ts";
import type { AlsoShown, PeerFigure, PeerResults, SystemResult } from "./results.ts";

/** Of a day's orders in its busiest hour; how much busier that hour's worst seconds are; how busy a machine should be. */
const BUSIEST_HOUR = 0.1;
const BUSIEST_SECONDS = 3;
const FILLED = 0.5;
/** Orders a day of a shop, for each order a second that its machine can do. */
export const DAILY_ORDERS = (FILLED * 3_600) / (BUSIEST_SECONDS * BUSIEST_HOUR);

/** What of `npm run bench` is shown beside the purchases, by the beginnings of the names. */
const ALSO_SHOWN: readonly { begins: string; says: string }[] = [
  { begins: "product list", says: "product lists read, 20 products each" },
  { begins: "product page", says: "product pages read" },
  { begins: "prices", says: "prices set, in batches of 10,000" },
];

const ENGINE_TEXT =
  "The five steps alone show what it costs to record an order durably when there is no shop around it: no cart, no price, no stock that two buyers want, no events for others.";

/** What is shown of a run of `npm run bench`. */
export function alsoShown(figures: readonly Figure[]): AlsoShown[] {
  return ALSO_SHOWN.flatMap(({ begins, says }) => {
    const figure = figures.find(({ name }) => name.startsWith(begins));
    return figure === undefined ? [] : [{ says, perSecond: figure.perSecond, p95Ms: figure.p95Ms }];
  });
}

/** The words and tables that README.md shows, in Markdown. */
export function measuredText(results: PeerResults): string {
  const { clients } = results.setup;
  const rows = results.systems.map((system) => [
    nameOf(system),
    ...clients.map((count) => rateOrDash(figureFor(system, count))),
    cpuText(bestOf(system)),
    system.name === "dbos" ? "" : dailyText(bestOf(system)),
  ]);
  const header = [
    "orders a second, from an empty cart to paid",
    ...clients.map((count) => (count === 1 ? "1 shopper" : `${count} shoppers`)),
    "CPU of an order",
    "enough for a shop of",
  ];
  const others = results.also.map(({ says, perSecond, p95Ms }) => [says, rateText(perSecond), `${rateText(p95Ms)} ms`]);
  return [
    markdownTable(header, rows),
    ratioText(results),
    results.systems.some(({ name, figures }) => name === "dbos" && figures.length > 0) ? ENGINE_TEXT : "",
    others.length === 0 ? "" : markdownTable(["Tradepost, also", "a second", "p95 of a request"], others),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** The picture beside them. */
export function measuredPicture({ systems, setup, machine, date }: PeerResults): string {
  return barChart({
    title: "Orders a second",
    subtitle: "One order: an empty cart, a line, address and shipping, payment, until it is paid",
    groups: setup.clients.map((clients) => ({
      title: clients === 1 ? "1 shopper" : `${clients} shoppers at once`,
      bars: systems.map((system): Bar => {
        const kind = system.name === "tradepost" ? "own" : system.name === "dbos" ? "engine" : "other";
        return { label: pictureName(system), kind, value: figureFor(system, clients)?.perSecond };
      }),
    })),
    footer: `${machine.cores} cores for shop, Postgres and shoppers together; ${date?.slice(0, 10) ?? "an earlier version"}`,
  });
}

/** Everything that was measured, for the terminal and the report. */
export function fullTable({ systems }: Pick<PeerResults, "systems">): string {
  const rows = systems.flatMap((system) =>
    system.figures.map((figure) => [
      nameOf(system),
      figure.clients,
      figure.perSecond,
      figure.p50Ms,
      figure.p95Ms,
      figure.applicationCpuMs,
      figure.postgresCpuMs,
      figure.failures,
    ]),
  );
  const header = [
    "what",
    "clients",
    "per second",
    "p50 ms",
    "p95 ms",
    "application CPU ms",
    "Postgres CPU ms",
    "failures",
  ];
  const misses = systems.flatMap((system) => [
    ...[...Map.groupBy(system.misses, ({ error }) => error)].map(([error, missed]) => {
      const clients = missed.map((miss) => miss.clients).join(", ");
      return `Not measured: ${nameOf(system)}; clients: ${clients}: ${error}`;
    }),
    ...system.figures.flatMap(({ clients, failure }) =>
      failure === undefined ? [] : [`A failure of ${nameOf(system)}; clients: ${clients}: ${failure}`],
    ),
  ]);
  return [markdownTable(header, rows), ...misses].join("\n\n");
}

/**
 * Replaces what is between two lines of a text.
 * @throws Error when the text does not have both
 */
export function replaceBetween(text: string, begin: string, end: string, content: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`there is no place between ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

function nameOf({ name, title, version }: SystemResult): string {
  const versioned = version === undefined ? title : `${title} ${version}`;
  return name === "dbos" ? `the five steps alone, on ${versioned}` : versioned;
}

function pictureName(system: SystemResult): string {
  const { name, title } = system;
  return name === "dbos" ? `five steps on ${title}` : name === "tradepost" ? title : nameOf(system);
}

function figureFor({ figures }: SystemResult, clients: number): PeerFigure | undefined {
  return figures.find((figure) => figure.clients === clients);
}

/** The figure of the number of clients with which it does most. */
function bestOf({ figures }: SystemResult): PeerFigure | undefined {
  return figures.toSorted((a, b) => b.perSecond - a.perSecond)[0];
}

function rateOrDash(figure: PeerFigure | undefined): string {
  return figure === undefined ? "–" : rateText(figure.perSecond);
}

function cpuText(figure: PeerFigure | undefined): string {
  const cpuMs = figure === undefined ? 0 : figure.applicationCpuMs + figure.postgresCpuMs;
  return cpuMs === 0 ? "–" : `${rateText(cpuMs)} ms`;
}

function dailyText(figure: PeerFigure | undefined): string {
  if (figure === undefined) return "–";
  const daily = Number((figure.perSecond * DAILY_ORDERS).toPrecision(2));
  return `${daily.toLocaleString("en")} orders a day`;
}

/** How many times as many the project does as each of the others, at every number of clients. */
function ratioText({ systems, setup }: PeerResults): string {
  const own = systems.find(({ name }) => name === "tradepost");
  const sentences = systems
    .filter(({ name }) => name !== "tradepost" && name !== "dbos")
    .flatMap((other) => {
      const ratios = setup.clients.flatMap((clients) => {
        const [a, b] = [own && figureFor(own, clients), figureFor(other, clients)];
        return a && b && b.perSecond > 0 ? [`${rateText(a.perSecond / b.perSecond)} times at ${clients}`] : [];
      });
      return ratios.length === 0 ? [] : [`beside ${other.title} ${ratios.join(", ")}`];
    });
  return sentences.length === 0 ? "" : `That is, by the number of shoppers, ${sentences.join("; ")}.`;
}
