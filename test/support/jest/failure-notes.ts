/** What can explain a failure of the test file that runs now, such as the output of the processes it has started. */
let notes: (() => string)[] = [];

/** @param note called when a test or a hook of this file has failed */
export function noteOnFailure(note: () => string): void {
  notes.push(note);
}

export function failureNotes(): string {
  return notes
    .map((note) => note())
    .filter(Boolean)
    .join("\n");
}

export function forgetNotes(): void {
  notes = [];
}
