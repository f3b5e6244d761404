import { type Breakdown, decimal, type Figures, type VatCategory } from "./en16931.ts";
import { isCreditNote, type PrintedDocument } from "./wording.ts";

type Party = PrintedDocument["seller" | "buyer"];
type Payment = PrintedDocument["payments"][number];

const NAMESPACES = Object.entries({
  rsm: "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
  ram: "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
  udt: "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
  qdt: "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
});

/** UNTDID 1001. */
const TYPE = { invoice: "380", creditNote: "381" } as const;
/** UNTDID 5189: discount. */
const DISCOUNT = "95";
/** UNTDID 4461: bank card, online payment service, not defined. */
const MEANS = { card: "48", online: "68", other: "1" } as const;
const PIECE = "H87";
/** Why there is no tax; a code of the list VATEX where it has one. */
const NO_TAX: Partial<Record<VatCategory, { reason: string; code?: string }>> = {
  O: { reason: "Not subject to VAT", code: "VATEX-EU-O" },
  AE: { reason: "Reverse charge", code: "VATEX-EU-AE" },
  G: { reason: "Export outside the EU", code: "VATEX-EU-G" },
  E: { reason: "Exempt from tax" },
};

/** A document as Cross Industry Invoice in the profile EN 16931 ("Comfort"). The sequence of the elements is the schema's. */
export function ciiOf(document: PrintedDocument, figures: Figures): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<rsm:CrossIndustryInvoice ${NAMESPACES.map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`).join(" ")}>`,
    el(
      "rsm:ExchangedDocumentContext",
      el("ram:GuidelineSpecifiedDocumentContextParameter", el("ram:ID", "urn:cen.eu:en16931:2017")),
    ),
    el(
      "rsm:ExchangedDocument",
      text("ram:ID", document.number),
      el("ram:TypeCode", isCreditNote(document) ? TYPE.creditNote : TYPE.invoice),
      el("ram:IssueDateTime", date("udt:DateTimeString", document.issuedAt)),
    ),
    el(
      "rsm:SupplyChainTradeTransaction",
      ...figures.lines.map((_, i) => line(figures, i)),
      el(
        "ram:ApplicableHeaderTradeAgreement",
        el("ram:SellerTradeParty", ...seller(document.seller, figures)),
        el("ram:BuyerTradeParty", ...buyer(document.buyer)),
        el("ram:SellerOrderReferencedDocument", text("ram:IssuerAssignedID", document.orderId)),
      ),
      "<ram:ApplicableHeaderTradeDelivery/>",
      settlement(document, figures),
    ),
    "</rsm:CrossIndustryInvoice>",
    "",
  ].join("\n");
}

function line(figures: Figures, index: number): string {
  const { sku, title, quantity, netPrice, allowanceMinor, netMinor, ...vat } = figures.lines[
    index
  ] as Figures["lines"][number];
  return el(
    "ram:IncludedSupplyChainTradeLineItem",
    el("ram:AssociatedDocumentLineDocument", el("ram:LineID", String(index + 1))),
    el(
      "ram:SpecifiedTradeProduct",
      ...(sku === undefined ? [] : [text("ram:SellerAssignedID", sku)]),
      text("ram:Name", title),
    ),
    el("ram:SpecifiedLineTradeAgreement", el("ram:NetPriceProductTradePrice", el("ram:ChargeAmount", netPrice))),
    el("ram:SpecifiedLineTradeDelivery", `<ram:BilledQuantity unitCode="${PIECE}">${quantity}</ram:BilledQuantity>`),
    el(
      "ram:SpecifiedLineTradeSettlement",
      el("ram:ApplicableTradeTax", el("ram:TypeCode", "VAT"), ...category(vat)),
      ...(allowanceMinor === 0 ? [] : [allowance(decimal(allowanceMinor, figures.digits))]),
      el(
        "ram:SpecifiedTradeSettlementLineMonetarySummation",
        el("ram:LineTotalAmount", decimal(netMinor, figures.digits)),
      ),
    ),
  );
}

function allowance(amount: string): string {
  return el(
    "ram:SpecifiedTradeAllowanceCharge",
    el("ram:ChargeIndicator", el("udt:Indicator", "false")),
    el("ram:ActualAmount", amount),
    el("ram:ReasonCode", DISCOUNT),
    el("ram:Reason", "Discount"),
  );
}

function category({ category, rate }: Pick<Breakdown, "category" | "rate">): string[] {
  return [
    el("ram:CategoryCode", category),
    ...(category === "O" ? [] : [el("ram:RateApplicablePercent", String(rate))]),
  ];
}

/** Outside the scope of VAT a seller must not give a VAT number, and is identified otherwise. */
function seller({ taxId, ...rest }: PrintedDocument["seller"], { taxes }: Figures): string[] {
  if (taxes.some(({ category }) => category === "O")) return [text("ram:ID", taxId ?? rest.name), ...party(rest)];
  const scheme = /^[A-Z]{2}/.test(taxId ?? "") ? "VA" : "FC";
  const number = `<ram:ID schemeID="${scheme}">${escaped(taxId ?? "")}</ram:ID>`;
  return [...party(rest), el("ram:SpecifiedTaxRegistration", number)];
}

function buyer({ taxId, ...rest }: PrintedDocument["buyer"]): string[] {
  if (taxId === undefined || !/^[A-Z]{2}/.test(taxId)) return party(rest);
  return [...party(rest), el("ram:SpecifiedTaxRegistration", `<ram:ID schemeID="VA">${escaped(taxId)}</ram:ID>`)];
}

function party({ name, address, email }: Omit<Party, "taxId" | "iban">): string[] {
  const { street, city, state, zipCode, country } = address;
  return [
    text("ram:Name", name),
    el(
      "ram:PostalTradeAddress",
      text("ram:PostcodeCode", zipCode),
      text("ram:LineOne", street),
      text("ram:CityName", city),
      el("ram:CountryID", country),
      ...(state === "" ? [] : [text("ram:CountrySubDivisionName", state)]),
    ),
    ...(email === undefined
      ? []
      : [el("ram:URIUniversalCommunication", `<ram:URIID schemeID="EM">${escaped(email)}</ram:URIID>`)]),
  ];
}

function settlement(document: PrintedDocument, figures: Figures): string {
  const { currency } = document;
  const { digits, netMinor, taxMinor, totalMinor } = figures;
  const amount = (name: string, minor: number) => el(`ram:${name}`, decimal(minor, digits));
  return el(
    "ram:ApplicableHeaderTradeSettlement",
    el("ram:InvoiceCurrencyCode", currency),
    ...means(document.payments),
    ...figures.taxes.map((tax) => breakdown(tax, digits)),
    el(
      "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
      amount("LineTotalAmount", netMinor),
      amount("TaxBasisTotalAmount", netMinor),
      `<ram:TaxTotalAmount currencyID="${currency}">${decimal(taxMinor, digits)}</ram:TaxTotalAmount>`,
      amount("GrandTotalAmount", totalMinor),
      amount("TotalPrepaidAmount", totalMinor),
      amount("DuePayableAmount", 0),
    ),
    ...(isCreditNote(document)
      ? [
          el(
            "ram:InvoiceReferencedDocument",
            text("ram:IssuerAssignedID", document.invoiceNumber),
            el("ram:FormattedIssueDateTime", date("qdt:DateTimeString", document.invoicedAt)),
          ),
        ]
      : []),
  );
}

function breakdown({ category, rate, netMinor, taxMinor }: Breakdown, digits: number): string {
  const { reason, code } = NO_TAX[category] ?? {};
  return el(
    "ram:ApplicableTradeTax",
    el("ram:CalculatedAmount", decimal(taxMinor, digits)),
    el("ram:TypeCode", "VAT"),
    ...(reason ? [el("ram:ExemptionReason", reason)] : []),
    el("ram:BasisAmount", decimal(netMinor, digits)),
    el("ram:CategoryCode", category),
    ...(code ? [el("ram:ExemptionReasonCode", code)] : []),
    ...(category === "O" ? [] : [el("ram:RateApplicablePercent", String(rate))]),
  );
}

/** What gift cards and store credit have paid counts as paid before; the standard has no means for them. */
function means(payments: readonly Payment[]): string[] {
  const method = payments.find(({ type }) => type !== "giftCard" && type !== "storeCredit");
  if (!method) return [];
  const card = method.type === "card" || method.type === "emi";
  const online = method.type === "wallet" || method.type === "upi" || method.type === "bank_redirect";
  return [
    el(
      "ram:SpecifiedTradeSettlementPaymentMeans",
      el("ram:TypeCode", card ? MEANS.card : online ? MEANS.online : MEANS.other),
      ...(card && method.last4 !== undefined
        ? [el("ram:ApplicableTradeSettlementFinancialCard", text("ram:ID", method.last4))]
        : []),
    ),
  ];
}

function date(name: string, iso: string): string {
  return `<${name} format="102">${iso.slice(0, 10).replaceAll("-", "")}</${name}>`;
}

function el(name: string, ...content: string[]): string {
  return `<${name}>${content.join("")}</${name}>`;
}

function text(name: string, value: string): string {
  return el(name, escaped(value));
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Without the characters that XML cannot have at all. */
function escaped(value: string): string {
  return value
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
