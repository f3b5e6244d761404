/**
 * Ids of things that every demonstration shop has, by kind. They are the same on every machine, so that the examples of the
 * API documents can name them.
 */
export const demoIds = {
  customer: "cust_01h455vb4pex5vsknk084sn02q",
  address: "addr_01h455vb4pex5vsknk084sn02q",
  staff: "staff_01h455vb4pex5vsknk084sn02q",
  product: "prod_demo_enamel_mug",
  warehouse: "wh_main",
  media: "med_demo_enamel_mug",
} as const satisfies Readonly<Record<string, string>>;

/** The id of the demonstration shop's thing of a kind; undefined for a kind of which it has none. */
export function demoIdOf(kind: string): string | undefined {
  return (demoIds as Readonly<Record<string, string | undefined>>)[kind];
}
