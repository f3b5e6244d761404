import { expect, test } from "@jest/globals";
import { acceptsGzip, preferredType, prefersHtml } from "#services/platform/gateway/rest/accept.ts";

test.each([
  [undefined, false],
  ["", false],
  ["gzip", true],
  ["gzip, deflate, br, zstd", true],
  ["br;q=1.0, gzip;q=0.8, *;q=0.1", true],
  ["GZIP ; Q=0.5", true],
  ["x-gzip", true],
  ["*", true],
  ["gzip;q=0", false],
  ["gzip;q=0.000", false],
  ["gzip;q=0, *;q=1", false],
  ["*;q=0", false],
  ["identity;q=1, gzip;q=0.5", false],
  ["identity;q=0.5, gzip;q=0.5", true],
  ["identity;q=0, gzip;q=0.1", true],
  ["notgzip, gzipped", false],
  ["deflate", false],
])("Accept-Encoding %j: gzip %j", (header, expected) => {
  expect(acceptsGzip(header)).toBe(expected);
});

test.each([
  [undefined, false],
  ["*/*", false],
  ["application/json", false],
  ["application/json, text/plain, */*", false],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", true],
  ["application/json, text/html;q=0.9", false],
  ["text/html;q=0, */*", false],
])("Accept %j: a page %j", (header, expected) => {
  expect(prefersHtml(header)).toBe(expected);
});

const OFFERED = ["application/json", "application/pdf", "text/csv"];

test.each([
  [undefined, "application/json"],
  ["", "application/json"],
  ["*/*", "application/json"],
  ["application/*", "application/json"],
  ["application/pdf", "application/pdf"],
  ["Application/PDF;version=1.7", "application/pdf"],
  ["application/pdf, */*", "application/pdf"], // of equal qualities the exact one
  ["application/pdf;q=0.5, */*", "application/json"],
  ["application/json;q=0.1, application/pdf;q=0.2", "application/pdf"],
  ["text/*, application/json;q=0.9", "text/csv"],
  ["application/json;q=0, */*;q=0.1", "application/pdf"],
  ["text/html", undefined],
  ["*/*;q=0", undefined],
  ["application/json;q=0, text/html", undefined],
])("Accept %j gets %j", (header, expected) => {
  expect(preferredType(header, OFFERED)).toBe(expected);
});
