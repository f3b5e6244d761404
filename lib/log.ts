/** Where a component writes its log: a sentence, and the facts of this occurrence. Every logger of Moleculer fits. */
export interface Log {
  debug(message: string, facts?: object): void;
  info(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
  error(message: string, facts?: object): void;
}
