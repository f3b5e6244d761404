import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Bar, barChart, type Chart } from "#bench/picture.ts";

const chartOf = (bars: Bar[], words: Partial<Chart> = {}): Chart => ({
  title: "Orders a second",
  subtitle: "one order",
  footer: "two cores",
  groups: [{ title: "8 shoppers", bars }],
  ...words,
});

const widthsIn = (svg: string) =>
  [...svg.matchAll(/<rect class="(?:own|other|engine)"[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));

/** What is left of a text when its tags are taken away; throws when they do not match each other. */
function textsOf(svg: string): string[] {
  const open: string[] = [];
  const texts: string[] = [];
  for (const [, closing, name, attributes, text] of svg.matchAll(/<(\/?)(\w+)([^<>]*)>([^<]*)/g)) {
    if (closing === "/") expect(open.pop()).toBe(name);
    else if (!attributes?.endsWith("/")) open.push(String(name));
    if (name === "text" && closing === "") texts.push(String(text));
  }
  expect(open).toEqual([]);
  return texts;
}

test("bars are as long as their values, on one scale for all groups", () => {
  const svg = barChart({
    ...chartOf([]),
    groups: [
      { title: "1", bars: [{ label: "a", kind: "own", value: 50 }] },
      { title: "8", bars: [{ label: "b", kind: "other", value: 200 }] },
    ],
  });
  const [short = 0, long = 0] = widthsIn(svg);
  expect(long / short).toBeCloseTo(4, 1);
});

test("no bar leaves the picture, and each that has a value is seen", () => {
  const value = fc.double({ min: 0, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), (values) => {
      const svg = barChart(chartOf(values.map((value) => ({ label: "x", kind: "other", value }))));
      const widths = widthsIn(svg);
      expect(widths).toHaveLength(values.length);
      for (const width of widths) {
        expect(width).toBeGreaterThanOrEqual(2);
        expect(width).toBeLessThanOrEqual(760 - 24 - 190 - 80);
      }
    }),
  );
});

test("what could not be measured has words instead of a bar", () => {
  const svg = barChart(chartOf([{ label: "Other 1.0", kind: "other", value: undefined }]));
  expect(widthsIn(svg)).toEqual([]);
  expect(textsOf(svg)).toContain("not measured");
});

test("whatever the words are, it is well-formed", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (title, label) => {
      const svg = barChart(chartOf([{ label, kind: "own", value: 1 }], { title }));
      expect(textsOf(svg)).toHaveLength(6);
    }),
  );
  const svg = barChart(chartOf([], { title: 'a < b & "c"' }));
  expect(textsOf(svg)).toContain("a &lt; b &amp; &quot;c&quot;");
});

test("it needs nothing from elsewhere, and knows dark pages", () => {
  const svg = barChart(chartOf([{ label: "a", kind: "own", value: 1 }]));
  expect(svg.match(/https?:[^"]*/g)).toEqual(["http://www.w3.org/2000/svg"]);
  expect(svg).not.toMatch(/href|@import|url\(|@font-face/);
  expect(svg).toContain("prefers-color-scheme: dark");
});

test("those who do not see it are told the same", () => {
  const svg = barChart(
    chartOf([
      { label: "a", kind: "own", value: 179.4 },
      { label: "b", kind: "other", value: 1.44 },
    ]),
  );
  expect(svg).toContain('<desc id="description">8 shoppers: a 179, b 1.4.</desc>');
});
