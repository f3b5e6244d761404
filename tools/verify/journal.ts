import { appendFileSync } from "node:fs";
export interface JournalEntry {
  at: string;
  client: string;
  method: string;
  path: string;
  key?: string;
  status: number;
  body?: unknown;
}
export class Journal {
  readonly file: string;
  constructor(file: string) {
    this.file = file;
  }
  write(entry: JournalEntry): void {
    appendFileSync(this.file, `${JSON.stringify(entry)}\n`);
  }
  async close(): Promise<void> {}
}
