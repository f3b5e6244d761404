import { Type } from "typebox";

/** When the shop shows what staff change in the catalogue. A section of the schema in env.ts. */
export const catalogSettings = {
  CATALOG_PUBLICATION: Type.Enum(["immediate", "drafts"], {
    default: "immediate",
    description:
      "`immediate`: the shop shows a change of the catalogue at once; `drafts`: changes are a draft until somebody publishes it",
  }),
  CATALOG_VERSIONS_KEPT: Type.Integer({
    default: 20,
    minimum: 2,
    maximum: 1_000,
    description: "published versions of the catalogue that can be shown again; older ones are removed",
  }),
};
