import { Type } from "typebox";
import { anyone, staff } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination } from "#lib/contract/contract.ts";
import { Locale } from "#lib/contract/locale.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { FormedText, Text } from "#lib/contract/text.ts";
import { ATTRIBUTE_TYPES } from "./attributes.ts";
import { catalogLimits } from "./limits.ts";
import { Code, Name } from "./schemas.ts";

// The part of the contract that is about attributes and their sets.

const writeAccess = staff("catalog:write");
const readAccess = anyone({ badToken: "ignored" });

const AttributeType = Type.Enum(ATTRIBUTE_TYPES, { examples: ["number"] });
const Options = Type.Array(Text(100), {
  maxItems: catalogLimits.ATTRIBUTE_OPTIONS,
  uniqueItems: true,
  description: "The values that an `option` may have",
  examples: [[]],
});
const Unit = Type.Union([Text(20), Type.Null()], {
  description: "Of a `number`, such as `kg`: its values are in this unit",
  examples: ["kg"],
});
const Localised = Type.Boolean({ description: "Whether the values of a `text` are translated", examples: [false] });
const Filterable = Type.Boolean({ description: "Whether lists of products can be filtered by it", examples: [true] });
const AttributeName = Type.With(Name, { description: "For people; the code when absent", examples: ["Weight"] });

const Attribute = NamedObject("Attribute", {
  code: Code,
  name: AttributeName,
  type: AttributeType,
  options: Options,
  unit: Unit,
  localised: Localised,
  filterable: Filterable,
});

const ShownAttribute = NamedObject("ShownAttribute", {
  ...Attribute.properties,
  labels: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: "Of its options in the language, by option" }),
  ),
});

const Codes = Type.Array(Code, { maxItems: catalogLimits.SET_ATTRIBUTES, uniqueItems: true, examples: [["weight"]] });
const Axes = Type.Array(Code, {
  maxItems: catalogLimits.SET_ATTRIBUTES,
  uniqueItems: true,
  description: "Those of its attributes in which the variants of a product differ: variants carry their values",
  examples: [[]],
});
const Extends = Type.Union([Code, Type.Null()], {
  description: "A set whose attributes and axes this one has as well",
  examples: [null],
});

const AttributeSet = NamedObject("AttributeSet", {
  code: Code,
  attributes: Codes,
  axes: Axes,
  extends: Extends,
  allAttributes: Type.With(Codes, { description: "With those of the sets that it extends" }),
  allAxes: Type.With(Axes, { description: "With those of the sets that it extends" }),
});

/** Values that a list asks for, by code of the attribute. */
export const AttributesAsked = Type.Record(
  Type.String(),
  Type.Array(Type.String({ maxLength: 1_000 }), { minItems: 1, maxItems: catalogLimits.FILTER_VALUES }),
  {
    propertyNames: Code,
    maxProperties: catalogLimits.FILTER_ATTRIBUTES,
    description:
      "The value that products, or variants of them, must have: `attributes.colour=red`. Several values, with commas or repeated, mean any of them. Ranges of a number or a date are `1..5`, `1..` and `..5`. Several attributes must all fit.",
  },
);
export const FacetsAsked = Type.Array(
  FormedText("brand or an attribute", "^(brand|attributes\\.[A-Za-z0-9][A-Za-z0-9_-]*)$", {
    maxLength: 120,
    examples: ["attributes.colour"],
  }),
  {
    maxItems: catalogLimits.FACETS,
    uniqueItems: true,
    description: "Whose values are counted in the list: `brand`, or an attribute such as `attributes.colour`",
  },
);
export const Facets = {
  facets: Type.Optional(
    Type.Record(Type.String(), Type.Array(Type.Object({ value: Type.String(), count: Type.Integer() })), {
      description: `By \`brand\` or code: the most frequent values, at most ${catalogLimits.FACET_VALUES}`,
    }),
  ),
  facetsAtLeast: Type.Optional(
    Type.Literal(true, {
      description: `Not all products of the list were counted: there are more than ${catalogLimits.FACET_PRODUCTS}, or, in a collection by price, it is read by \`cursor\` or was not looked at to its end`,
    }),
  ),
};

// Sets come before the attribute that they have, so that the examples of the reference can remove both.
export const attributeActions = {
  createAttribute: action({
    summary: "Defines an attribute that products can have.",
    description:
      "`options` are for the type `option`, `unit` for `number` and `localised` for `text`. A value of a `date` is written as 2026-01-31.",
    rest: "POST /attributes",
    example: { code: "weight", name: "Weight", type: "number", unit: "kg", filterable: true },
    status: 201,
    params: Exact({
      code: Code,
      name: Type.Optional(AttributeName),
      type: AttributeType,
      options: Type.Optional(Options),
      unit: Type.Optional(Unit),
      localised: Type.Optional(Localised),
      filterable: Type.Optional(Filterable),
    }),
    returns: Attribute,
    access: writeAccess,
    errors: ["ALREADY_EXISTS", "LIMIT_REACHED"],
    idempotent: true,
  }),
  attributes: action({
    summary: "Lists attributes by code.",
    rest: "GET /attributes",
    params: Exact({ ...Page, locale: Type.Optional(Locale) }),
    returns: Type.Object({ attributes: Type.Array(ShownAttribute), pagination: Pagination }),
    access: readAccess,
    cached: true,
    localised: true,
  }),
  createAttributeSet: action({
    summary: "Defines which attributes a kind of product has.",
    description:
      "A product with a set can have only the attributes of the set, each with a value of its type; its variants have those that are axes, and differ in them.",
    rest: "POST /attribute-sets",
    example: { code: "tents", attributes: ["weight"] },
    status: 201,
    params: Exact({
      code: Code,
      attributes: Codes,
      axes: Type.Optional(Axes),
      extends: Type.Optional(Extends),
    }),
    returns: AttributeSet,
    access: writeAccess,
    errors: ["ALREADY_EXISTS", "LIMIT_REACHED"],
    idempotent: true,
  }),
  attributeSets: action({
    summary: "Lists sets of attributes by code.",
    rest: "GET /attribute-sets",
    params: Exact({ ...Page }),
    returns: Type.Object({ attributeSets: Type.Array(AttributeSet), pagination: Pagination }),
    access: readAccess,
    cached: true,
  }),
  getAttributeSet: action({
    summary: "Reads a set of attributes.",
    rest: "GET /attribute-sets/:code",
    example: { code: "tents" },
    params: Exact({ code: Code }),
    returns: AttributeSet,
    access: readAccess,
    cached: true,
  }),
  updateAttributeSet: action({
    summary: "Changes the properties of a set of attributes that are given.",
    description: "What a product has a value of cannot be left out.",
    rest: "PUT /attribute-sets/:code",
    example: { code: "tents", attributes: ["weight"], axes: [] },
    params: Exact({
      code: Code,
      attributes: Type.Optional(Codes),
      axes: Type.Optional(Axes),
      extends: Type.Optional(Extends),
    }),
    returns: AttributeSet,
    access: writeAccess,
    errors: ["CONFLICT"],
    retryable: true,
  }),
  deleteAttributeSet: action({
    summary: "Removes a set of attributes that no product has and no other set extends.",
    rest: "DELETE /attribute-sets/:code",
    example: { code: "tents" },
    status: 204,
    params: Exact({ code: Code }),
    returns: Empty,
    access: writeAccess,
    errors: ["CONFLICT"],
  }),
  getAttribute: action({
    summary: "Reads an attribute.",
    rest: "GET /attributes/:code",
    params: Exact({ code: Code, locale: Type.Optional(Locale) }),
    returns: ShownAttribute,
    access: readAccess,
    cached: true,
    localised: true,
  }),
  updateAttribute: action({
    summary: "Changes the properties of an attribute that are given.",
    description:
      "An option that a product has cannot be left out, and the unit of an attribute that is in a set cannot change.",
    rest: "PUT /attributes/:code",
    example: { code: "weight", name: "Weight without packaging" },
    params: Exact({
      code: Code,
      name: Type.Optional(AttributeName),
      options: Type.Optional(Options),
      unit: Type.Optional(Unit),
      localised: Type.Optional(Localised),
      filterable: Type.Optional(Filterable),
    }),
    returns: Attribute,
    access: writeAccess,
    errors: ["CONFLICT"],
    retryable: true,
  }),
  deleteAttribute: action({
    summary: "Removes an attribute that no set has.",
    rest: "DELETE /attributes/:code",
    status: 204,
    params: Exact({ code: Code }),
    returns: Empty,
    access: writeAccess,
    errors: ["CONFLICT"],
  }),
};
