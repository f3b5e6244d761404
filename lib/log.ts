/** A log: each line has a constant sentence and the facts of this case. Moleculer's loggers have this interface. */
export interface Log {
  debug(message: string, facts?: object): void;
  info(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
  error(message: string, facts?: object): void;
}
