interface DemoVariant {
  sku: string;
  attributes: Readonly<Record<string, string>>;
  /** USD, in major units. */
  price: number;
  /** Pieces by warehouse. */
  stock: Readonly<Record<string, number>>;
}

interface DemoProduct {
  productId: string;
  slug: string;
  title: string;
  /** Slug of a brand. */
  brand: string;
  /** Slugs of categories, the most specific ones. */
  categories: readonly string[];
  images: readonly string[];
  description: string;
  variants: readonly DemoVariant[];
}

function variant(
  sku: string,
  price: number,
  [main, east]: readonly [number, number],
  attributes: Readonly<Record<string, string>>,
): DemoVariant {
  return { sku, attributes, price, stock: { wh_main: main, wh_east: east } };
}

export const demoProducts: readonly DemoProduct[] = [
  {
    productId: "prod_demo_enamel_mug",
    slug: "enamel-mug",
    title: "Enamel Mug",
    brand: "emberline",
    categories: ["camp-kitchen", "kitchen"],
    images: ["/images/enamel-mug-1.jpg", "/images/enamel-mug-2.jpg"],
    description: "A 350 ml steel mug, enamelled twice. It survives the fire, the sink and the drop in between.",
    variants: [variant("MUG-ENAMEL", 14.5, [6_000, 4_000], { volume: "350 ml" })],
  },
  {
    productId: "prod_demo_ridge_tent",
    slug: "ridge-tent",
    title: "Ridge Tent",
    brand: "northfold",
    categories: ["tents"],
    images: ["/images/ridge-tent-1.jpg", "/images/ridge-tent-2.jpg"],
    description: "A three-season tunnel tent with two entrances and poles that only fit where they belong.",
    variants: [
      variant("TENT-RIDGE-2", 289, [80, 40], { persons: "2" }),
      variant("TENT-RIDGE-4", 419, [45, 20], { persons: "4" }),
    ],
  },
  {
    productId: "prod_demo_fly_tarp",
    slug: "fly-tarp",
    title: "Fly Tarp",
    brand: "northfold",
    categories: ["tents"],
    images: ["/images/fly-tarp-1.jpg"],
    description: "Three by three metres of coated ripstop with twelve loops: a roof wherever two trees stand.",
    variants: [variant("TARP-FLY", 64.9, [150, 90], { size: "3 x 3 m" })],
  },
  {
    productId: "prod_demo_sleeping_bag",
    slug: "drift-sleeping-bag",
    title: "Drift Sleeping Bag",
    brand: "northfold",
    categories: ["camping"],
    images: ["/images/drift-sleeping-bag-1.jpg"],
    description: "Synthetic filling that still warms when damp, and a zip that does not bite the lining.",
    variants: [
      variant("BAG-DRIFT-5C", 119, [70, 60], { comfort: "5 °C" }),
      variant("BAG-DRIFT-M5C", 169, [50, 35], { comfort: "-5 °C" }),
    ],
  },
  {
    productId: "prod_demo_gas_stove",
    slug: "spark-gas-stove",
    title: "Spark Gas Stove",
    brand: "emberline",
    categories: ["camp-kitchen"],
    images: ["/images/spark-gas-stove-1.jpg"],
    description: "Folds to the size of a fist and boils a litre in four minutes.",
    variants: [variant("STOVE-SPARK", 49.95, [200, 120], { power: "2.8 kW" })],
  },
  {
    productId: "prod_demo_pot_set",
    slug: "nesting-pot-set",
    title: "Nesting Pot Set",
    brand: "emberline",
    categories: ["camp-kitchen"],
    images: ["/images/nesting-pot-set-1.jpg"],
    description: "Two pots, one pan and a lid for all of them, packed inside one another.",
    variants: [variant("POTS-NEST", 74, [110, 70], { material: "hard-anodised aluminium" })],
  },
  {
    productId: "prod_demo_trail_boot",
    slug: "trail-boot",
    title: "Trail Boot",
    brand: "kestrel-works",
    categories: ["footwear"],
    images: ["/images/trail-boot-1.jpg", "/images/trail-boot-2.jpg"],
    description: "Waxed leather over a resoleable welt. Stiff for a week, yours for ten years.",
    variants: [
      variant("BOOT-TRAIL-40", 199.9, [25, 15], { size: "40" }),
      variant("BOOT-TRAIL-42", 199.9, [40, 25], { size: "42" }),
      variant("BOOT-TRAIL-44", 199.9, [30, 20], { size: "44" }),
    ],
  },
  {
    productId: "prod_demo_camp_slipper",
    slug: "camp-slipper",
    title: "Camp Slipper",
    brand: "kestrel-works",
    categories: ["footwear", "camping"],
    images: ["/images/camp-slipper-1.jpg"],
    description: "A quilted slipper with a real sole, for the last walk of the evening.",
    variants: [
      variant("SLIPPER-M", 39.9, [60, 40], { size: "M" }),
      variant("SLIPPER-L", 39.9, [60, 40], { size: "L" }),
    ],
  },
  {
    productId: "prod_demo_day_pack",
    slug: "day-pack-22",
    title: "Day Pack 22",
    brand: "northfold",
    categories: ["backpacks"],
    images: ["/images/day-pack-22-1.jpg"],
    description: "Twenty-two litres, one large pocket, one flat one, and a back that breathes.",
    variants: [
      variant("PACK-22-MOSS", 89, [90, 60], { colour: "moss" }),
      variant("PACK-22-SLATE", 89, [85, 55], { colour: "slate" }),
    ],
  },
  {
    productId: "prod_demo_trek_pack",
    slug: "trek-pack-55",
    title: "Trek Pack 55",
    brand: "northfold",
    categories: ["backpacks"],
    images: ["/images/trek-pack-55-1.jpg"],
    description: "A frame that carries the weight on the hips and a lid that becomes a summit bag.",
    variants: [variant("PACK-55", 229, [40, 30], { volume: "55 l" })],
  },
  {
    productId: "prod_demo_trekking_poles",
    slug: "trekking-poles",
    title: "Trekking Poles",
    brand: "kestrel-works",
    categories: ["hiking"],
    images: ["/images/trekking-poles-1.jpg"],
    description: "A pair of folding aluminium poles with cork grips.",
    variants: [variant("POLES-FOLD", 79.5, [75, 50], { material: "aluminium" })],
  },
  {
    productId: "prod_demo_water_bottle",
    slug: "steel-water-bottle",
    title: "Steel Water Bottle",
    brand: "emberline",
    categories: ["hiking", "kitchen"],
    images: ["/images/steel-water-bottle-1.jpg"],
    description: "Single-walled steel: light, and it may stand in the embers.",
    variants: [
      variant("BOTTLE-750", 24.9, [300, 220], { volume: "750 ml" }),
      variant("BOTTLE-1000", 29.9, [260, 180], { volume: "1 l" }),
    ],
  },
  {
    productId: "prod_demo_cast_iron_pan",
    slug: "cast-iron-pan",
    title: "Cast Iron Pan",
    brand: "oakhaven",
    categories: ["kitchen"],
    images: ["/images/cast-iron-pan-1.jpg"],
    description: "Poured in one piece and seasoned three times with linseed oil.",
    variants: [
      variant("PAN-IRON-24", 54, [95, 60], { diameter: "24 cm" }),
      variant("PAN-IRON-28", 68, [80, 50], { diameter: "28 cm" }),
    ],
  },
  {
    productId: "prod_demo_chef_knife",
    slug: "chef-knife",
    title: "Chef Knife",
    brand: "oakhaven",
    categories: ["kitchen"],
    images: ["/images/chef-knife-1.jpg", "/images/chef-knife-2.jpg"],
    description: "Carbon steel with a walnut handle. It wants to be dried, and repays it.",
    variants: [variant("KNIFE-CHEF-20", 129, [55, 35], { blade: "20 cm" })],
  },
  {
    productId: "prod_demo_cutting_board",
    slug: "cutting-board",
    title: "Cutting Board",
    brand: "oakhaven",
    categories: ["kitchen"],
    images: ["/images/cutting-board-1.jpg"],
    description: "End-grain oak with a groove that holds the juice of a roast.",
    variants: [variant("BOARD-OAK", 59.9, [70, 45], { wood: "oak" })],
  },
  {
    productId: "prod_demo_pour_over",
    slug: "pour-over-set",
    title: "Pour-Over Coffee Set",
    brand: "oakhaven",
    categories: ["kitchen"],
    images: ["/images/pour-over-set-1.jpg"],
    description: "A glass carafe, a porcelain dripper and forty filters to begin with.",
    variants: [variant("COFFEE-POUR", 42, [120, 80], { volume: "600 ml" })],
  },
  {
    productId: "prod_demo_desk_lamp",
    slug: "arc-desk-lamp",
    title: "Arc Desk Lamp",
    brand: "voltaro",
    categories: ["lighting"],
    images: ["/images/arc-desk-lamp-1.jpg"],
    description: "One joint, one dial from candle to daylight, and a cable long enough.",
    variants: [
      variant("LAMP-ARC-BLACK", 98, [60, 45], { colour: "black" }),
      variant("LAMP-ARC-BRASS", 118, [35, 25], { colour: "brass" }),
    ],
  },
  {
    productId: "prod_demo_lantern",
    slug: "storm-lantern",
    title: "Storm Lantern",
    brand: "voltaro",
    categories: ["lighting", "camping"],
    images: ["/images/storm-lantern-1.jpg"],
    description: "A rechargeable lantern with a warm light and a hook on either end.",
    variants: [variant("LANTERN-STORM", 45.5, [140, 100], { light: "400 lm" })],
  },
  {
    productId: "prod_demo_wool_blanket",
    slug: "wool-blanket",
    title: "Wool Blanket",
    brand: "oakhaven",
    categories: ["textiles", "camping"],
    images: ["/images/wool-blanket-1.jpg"],
    description: "Woven from recycled wool, heavy enough to stay where it was put.",
    variants: [
      variant("BLANKET-GREY", 84, [65, 45], { colour: "grey" }),
      variant("BLANKET-RUST", 84, [60, 40], { colour: "rust" }),
    ],
  },
  {
    productId: "prod_demo_linen_towels",
    slug: "linen-towels",
    title: "Linen Kitchen Towels",
    brand: "oakhaven",
    categories: ["textiles", "kitchen"],
    images: ["/images/linen-towels-1.jpg"],
    description: "Three towels of washed linen that dry glasses without lint.",
    variants: [variant("TOWEL-LINEN-3", 27.5, [180, 120], { pieces: "3" })],
  },
  {
    productId: "prod_demo_field_speaker",
    slug: "field-speaker",
    title: "Field Speaker",
    brand: "voltaro",
    categories: ["audio"],
    images: ["/images/field-speaker-1.jpg"],
    description: "A rain-proof speaker that plays for twenty hours.",
    variants: [
      variant("SPEAKER-FIELD-BLACK", 149, [50, 40], { colour: "black" }),
      variant("SPEAKER-FIELD-SAND", 149, [45, 35], { colour: "sand" }),
    ],
  },
  {
    productId: "prod_demo_headphones",
    slug: "quiet-headphones",
    title: "Quiet Headphones",
    brand: "voltaro",
    categories: ["audio"],
    images: ["/images/quiet-headphones-1.jpg", "/images/quiet-headphones-2.jpg"],
    description: "Closed headphones with cushions, cable and battery that can all be replaced.",
    variants: [variant("PHONES-QUIET", 219, [45, 30], { connection: "wireless and cable" })],
  },
  {
    productId: "prod_demo_power_bank",
    slug: "power-bank-20",
    title: "Power Bank 20",
    brand: "voltaro",
    categories: ["power"],
    images: ["/images/power-bank-20-1.jpg"],
    description: "Twenty ampere-hours, two ports, and a display that tells the truth.",
    variants: [variant("BANK-20", 69, [160, 110], { capacity: "20 Ah" })],
  },
  {
    productId: "prod_demo_solar_panel",
    slug: "folding-solar-panel",
    title: "Folding Solar Panel",
    brand: "voltaro",
    categories: ["power", "camping"],
    images: ["/images/folding-solar-panel-1.jpg"],
    description: "Twenty-eight watts on the back of a pack, folded to the size of a notebook.",
    // One piece only, so that selling out can be tried with two orders.
    variants: [variant("SOLAR-28W", 134.9, [1, 0], { power: "28 W" })],
  },
];
