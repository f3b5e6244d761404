/**
 * Whether a client wants gzip, by its `Accept-Encoding`: it must name gzip, or everything, with a quality above 0 that is
 * not below the one of the plain body. Without the header the plain body is sent, which every client can read.
 */
export function acceptsGzip(header: string | undefined): boolean {
  if (!header) return false;
  if (header !== last.header) last = { header, accepts: readAcceptsGzip(header) };
  return last.accepts;
}

/** The last answer: nearly all clients send the same header, and every cached read asks. */
let last = { header: "", accepts: false };

function readAcceptsGzip(header: string): boolean {
  const quality = qualities(header);
  const gzip = quality.get("gzip") ?? quality.get("x-gzip") ?? quality.get("*") ?? 0;
  return gzip > 0 && gzip >= (quality.get("identity") ?? 0);
}

/** Whether a client is a browser that wants a page, by its `Accept`. Programs name JSON, or everything. */
export function prefersHtml(header: string | undefined): boolean {
  if (!header) return false;
  const quality = qualities(header);
  const html = quality.get("text/html") ?? 0;
  return html > 0 && html >= (quality.get("application/json") ?? 0);
}

/**
 * Which of the offered media types a client prefers, by its `Accept`: the one with the highest quality, of equal ones that
 * which it names most exactly, and then the first.
 * @returns undefined when it accepts none of them
 */
export function preferredType(header: string | undefined, offered: readonly string[]): string | undefined {
  if (!header) return offered[0];
  const quality = qualities(header);
  const ranges = (type: string) => ["*/*", `${type.split("/", 1)[0]}/*`, type]; // the most exact one counts
  const rated = offered.map((type) => {
    const exactness = ranges(type).findLastIndex((range) => quality.has(range));
    return { type, exactness, quality: quality.get(ranges(type)[exactness] ?? "") ?? 0 };
  });
  const [best] = rated.toSorted((a, b) => b.quality - a.quality || b.exactness - a.exactness);
  return best && best.quality > 0 ? best.type : undefined;
}

/** Whether a media type is the allowed one, or one of those that `image/*` allows. */
export function fitsType(allowed: string, type: string): boolean {
  return type === allowed || (allowed.endsWith("/*") && type.startsWith(allowed.slice(0, -1)));
}

/** The qualities of an `Accept…` header by RFC 9110; 1 where none, or none that can be read, is stated. */
function qualities(header: string): Map<string, number> {
  return new Map(
    header.split(",").map((element) => {
      const [value = "", ...parameters] = element.split(";");
      const stated = parameters.map((parameter) => /^\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$/i.exec(parameter)?.[1]);
      return [value.trim().toLowerCase(), Number(stated.find((quality) => quality !== undefined) ?? 1)];
    }),
  );
}
