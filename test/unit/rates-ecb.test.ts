import { expect, test } from "@jest/globals";
import { readReferenceRates } from "#tools/rates/ecb-file.ts";

const XML = `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<gesmes:Sender>
		<gesmes:name>European Central Bank</gesmes:name>
	</gesmes:Sender>
	<Cube>
		<Cube time='2024-06-28'>
			<Cube currency='USD' rate='1.0705'/>
			<Cube currency='JPY' rate='171.94'/>
		</Cube>
		<Cube time='2024-06-27'>
			<Cube currency='USD' rate='1.0696'/>
			<Cube currency='CHF' rate='0.9589'/>
		</Cube>
	</Cube>
</gesmes:Envelope>`;

const latest = [
  ["USD", 1.0705],
  ["JPY", 171.94],
];

test("the latest rates of the ECB's XML and CSV files are read", () => {
  expect(readReferenceRates(XML)).toEqual({ day: "2024-06-28", rates: new Map(latest as [string, number][]) });
  const csv = "Date, USD, JPY, RUB, \n28 June 2024, 1.0705, 171.94, N/A, \n27 June 2024, 1.0696, 171.9, N/A, \n";
  expect([...readReferenceRates(csv).rates]).toEqual(latest);
  expect(readReferenceRates(csv).day).toBe("28 June 2024");
});

test("other files are refused", () => {
  for (const text of ["", "<Cube/>", "<html></html>", "Datum;USD\n1;2", "Date, USD\n", "Date, USD\n28 June 2024, N/A"])
    expect(() => readReferenceRates(text)).toThrow("no reference rates");
});
